import { toJsonSchemaDefs, type JsonSchema } from "@valibot/to-json-schema";
import { ActionSchema, actionSchemas, FlowSchema } from "./action.ts";
import { CallActionSchema } from "./call-action.ts";
import { DestinationSchema } from "./destination.ts";
import { DtmfRequestSchema, FlowRequestSchema, MuteRequestSchema } from "./live-call.ts";
import { AnswerUrlCallSchema, ErrorResponseSchema, MakeCallResponseSchema, MakeCallSchema } from "./make-call.ts";
import { isRecord } from "./record.ts";
import { StreamAudioSchema, StreamControlSchema } from "./stream-message.ts";
import { AnswerRequestSchema, CdrSchema, DtmfCallbackSchema, LiveEventSchema, RecordingEventSchema } from "./webhooks.ts";

const named = {
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
  const schemas = toJsonSchemaDefs(named, {
    target: "draft-2020-12",
    typeMode: "input",
    errorMode: "ignore",
    overrideRef: ({ referenceId }) => refPrefix + referenceId,
  });
  for (const schema of Object.values(schemas)) tidy(schema);
  return schemas;
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
