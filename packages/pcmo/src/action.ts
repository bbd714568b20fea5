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
import { StreamSchema } from "./actions/stream.ts";
import { kindOf, nearest, show } from "./message.ts";

/** The schema of every action, by its name. */
export const actionSchemas = {
  play: PlaySchema,
  play_get_input: PlayGetInputSchema,
  input: InputSchema,
  speak: SpeakSchema,
  param: ParamSchema,
  record: RecordSchema,
  hangup: HangupSchema,
  bridge: BridgeSchema,
  connect: ConnectSchema,
  stream: StreamSchema,
} as const;

export type ActionName = keyof typeof actionSchemas;

/** Any action, told by its `action`. */
export const ActionSchema = v.variant("action", Object.values(actionSchemas), notAnAction);

/** An action in its one normalised form. */
export type Action = v.InferOutput<typeof ActionSchema>;
/** An action as it may be written. */
export type ActionInput = v.InferInput<typeof ActionSchema>;

export function isActionName(name: unknown): name is ActionName {
  return typeof name === "string" && Object.hasOwn(actionSchemas, name);
}

function notAnAction(issue: { readonly input: unknown; readonly path?: readonly unknown[] | undefined }): string {
  const known = Object.keys(actionSchemas);
  if (issue.path === undefined) return `must be an object such as {"action":"hangup"}; got ${kindOf(issue.input)}`;
  const list = `one of ${known.join(", ")}`;
  if (issue.input === undefined) return `is missing; must be ${list}`;
  const near = typeof issue.input === "string" ? nearest(issue.input, known) : undefined;
  const hint = near === undefined ? "" : ` (did you mean ${JSON.stringify(near)}?)`;
  return `must be ${list}; got ${show(issue.input)}${hint}`;
}
