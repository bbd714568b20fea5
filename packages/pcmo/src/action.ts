import * as v from "valibot";
import { BridgeSchema } from "./actions/bridge.ts";
import { ConnectSchema } from "./actions/connect.ts";
import { HangupSchema } from "./actions/hangup.ts";
import { InputSchema } from "./actions/input.ts";
import { ParamSchema } from "./actions/param.ts";
import { PlayGetInputSchema } from "./actions/play-get-input.ts";
import { PlaySchema } from "./actions/play.ts";
import { RecordSchema } from "./actions/record.ts";
import { SpeakSchema } from "./actions/speak.ts";
import { streamSchema, type StreamFields, type StreamFieldsInput } from "./actions/stream.ts";
import { expecting, kindOf, notOneOf } from "./message.ts";
import { isRecord } from "./record.ts";

/** The longest flow that is accepted. */
export const maxActions = 1000;
/** A flow may hold flows (for the case that a stream fails), which may hold flows, this deep. */
export const maxNesting = 3;

// All but `stream`, the one action that holds actions itself.
const plainSchemas = {
  play: PlaySchema,
  play_get_input: PlayGetInputSchema,
  input: InputSchema,
  speak: SpeakSchema,
  param: ParamSchema,
  record: RecordSchema,
  hangup: HangupSchema,
  bridge: BridgeSchema,
  connect: ConnectSchema,
} as const;
type PlainSchema = (typeof plainSchemas)[keyof typeof plainSchemas];

/** Sends the call's audio to a WebSocket server and plays what comes back, while the flow goes on. */
export interface StreamAction extends StreamFields {
  /** Performed on the call when the stream could not be opened, or is lost for good. */
  readonly on_stream_fail?: readonly Action[];
}
export interface StreamActionInput extends StreamFieldsInput {
  on_stream_fail?: readonly ActionInput[];
}

/** An action in its one normalised form. */
export type Action = v.InferOutput<PlainSchema> | StreamAction;
/** An action as it may be written. */
export type ActionInput = v.InferInput<PlainSchema> | StreamActionInput;

/** The schema of every action, by its name. */
export const actionSchemas = {
  ...plainSchemas,
  stream: streamSchema(
    v.pipe(
      v.lazy((list): v.GenericSchema<readonly ActionInput[], readonly Action[]> => (tooMuch(list) === undefined ? FlowSchema : refused)),
      expecting("a list of actions", "Performed on the call when the stream could not be opened, or is lost for good"),
    ),
  ),
} as const;

export type ActionName = keyof typeof actionSchemas;

/** Any action, told by its `action`. */
export const ActionSchema = v.variant("action", Object.values(actionSchemas), notOneOf('{"action":"hangup"}', () => Object.keys(actionSchemas)));

const listMessage = (issue: { readonly input: unknown }) => `must be a list of actions; got ${kindOf(issue.input)}`;

/** A flow: at most 1000 actions, performed in order. */
export const FlowSchema = v.pipe(
  v.array(ActionSchema, listMessage),
  v.maxLength(maxActions, (issue) => `must have at most ${maxActions} actions; got ${issue.input.length}`),
  v.readonly(),
);

// A flow inside another is weighed before anything of it is looked at: what it costs is bounded.
const refused = v.custom<readonly Action[]>(() => false, (issue) => tooMuch(issue.input) ?? "must be a list of actions");

function tooMuch(list: unknown): string | undefined {
  if (Array.isArray(list) && list.length > maxActions) return `must have at most ${maxActions} actions; got ${list.length}`;
  return deeperThan(maxNesting, list) ? `must not be nested more than ${maxNesting} deep` : undefined;
}

/** Are there more than `levels` flows inside each other, this one counted? Never goes deeper than that itself. */
function deeperThan(levels: number, list: unknown): boolean {
  if (!Array.isArray(list) || list.length > maxActions) return false;
  return levels === 0 || list.some((action) => isRecord(action) && action["action"] === "stream" && deeperThan(levels - 1, action["on_stream_fail"]));
}

export function isActionName(name: unknown): name is ActionName {
  return typeof name === "string" && Object.hasOwn(actionSchemas, name);
}
