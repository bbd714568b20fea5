import { toJsonSchemaDefs, type JsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { ActionSchema, actionSchemas, FlowSchema } from "./action.ts";
import { CallActionSchema } from "./call-action.ts";
import { DestinationSchema } from "./destination.ts";
import { DtmfRequestSchema, FlowRequestSchema, MuteRequestSchema } from "./live-call.ts";
import { AnswerUrlCallSchema, ErrorResponseSchema, MakeCallResponseSchema, MakeCallSchema } from "./make-call.ts";
import { isRecord } from "./record.ts";
import { StreamAudioSchema, StreamControlSchema } from "./stream-message.ts";
import { exactBotMessages, exactServerMessages } from "./stream-v1/index.ts";
import { AnswerRequestSchema, CdrSchema, DtmfCallbackSchema, LiveEventSchema, RecordingEventSchema } from "./webhooks.ts";

const language = {
  PlayAction: actionSchemas.play,
  PlayGetInputAction: actionSchemas.play_get_input,
  InputAction: actionSchemas.input,
  SpeakAction: actionSchemas.speak,
  ParamAction: actionSchemas.param,
  RecordAction: actionSchemas.record,
  HangupAction: actionSchemas.hangup,
  BridgeAction: actionSchemas.bridge,
  ConnectAction: actionSchemas.connect,
  StreamAction: actionSchemas.stream,
  Destination: DestinationSchema,
  Action: ActionSchema,
  Flow: FlowSchema,
} as const;

const named = {
  ...language,
  MakeCallRequest: MakeCallSchema,
  AnswerUrlCallRequest: AnswerUrlCallSchema,
  MakeCallResponse: MakeCallResponseSchema,
  CallActionRequest: CallActionSchema,
  FlowRequest: FlowRequestSchema,
  DtmfRequest: DtmfRequestSchema,
  MuteRequest: MuteRequestSchema,
  ErrorResponse: ErrorResponseSchema,
  AnswerRequest: AnswerRequestSchema,
  DtmfCallback: DtmfCallbackSchema,
  Cdr: CdrSchema,
  LiveEvent: LiveEventSchema,
  RecordingEvent: RecordingEventSchema,
  StreamAudio: StreamAudioSchema,
  StreamControl: StreamControlSchema,
} as const;

export type SchemaName = keyof typeof named;

/**
 * JSON Schema (draft 2020-12, as OpenAPI 3.1 wants it) of what may be sent: every spelling, with the defaults. They refer
 * to each other by `refPrefix` and name, by default as components of an OpenAPI document. What a schema alone cannot say
 * (one of two keys, a minimum above a maximum) is left to the check itself.
 */
export function jsonSchemas(refPrefix = "#/components/schemas/"): Readonly<Record<SchemaName, JsonSchema>> {
  return definitions(named, refPrefix);
}

/**
 * The text messages of the exact stream protocol, `piopiy.v1`: two documents of JSON Schema (draft 2020-12), each with
 * all it refers to under `$defs`.
 */
export function streamProtocolSchemas(): { readonly bot: JsonSchema; readonly server: JsonSchema } {
  const bot = exactBotMessages();
  const server = exactServerMessages();
  return {
    bot: documentOf("A text message from the bot", { Message: bot.any, ...titled("Message", bot.byType), ...language }),
    server: documentOf("A text message from the server", { Message: server.any, ...titled("Message", server.byType) }),
  };
}

function documentOf(title: string, schemas: Readonly<Record<string, v.GenericSchema>>): JsonSchema {
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title, $ref: "#/$defs/Message", $defs: definitions(schemas, "#/$defs/") };
}

/** `{ audio }` becomes `{ AudioMessage }`. */
function titled(suffix: string, schemas: Readonly<Record<string, v.GenericSchema>>): Readonly<Record<string, v.GenericSchema>> {
  const name = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}${suffix}`;
  return Object.fromEntries(Object.entries(schemas).map(([word, schema]) => [name(word), schema]));
}

function definitions<N extends string>(schemas: Readonly<Record<N, v.GenericSchema>>, refPrefix: string): Record<N, JsonSchema> {
  const made = toJsonSchemaDefs(schemas, {
    target: "draft-2020-12",
    typeMode: "input",
    errorMode: "ignore",
    overrideRef: ({ referenceId }) => refPrefix + referenceId,
  });
  tidy(Object.values(made));
  return made;
}

// `expects` is a note for messages, no word of JSON Schema; an empty `required` says nothing.
function tidy(node: unknown): void {
  if (Array.isArray(node)) {
    for (const item of node) tidy(item);
  } else if (isRecord(node)) {
    if (typeof node["expects"] === "string") Reflect.deleteProperty(node, "expects");
    if (Array.isArray(node["required"]) && node["required"].length === 0) Reflect.deleteProperty(node, "required");
    for (const item of Object.values(node)) tidy(item);
  }
}
