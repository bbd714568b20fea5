export { Action, Action as PiopiyAction } from "./action.ts";
export {
  type BridgeOptions,
  type DialOptions,
  type FlowSource,
  type HangupOptions,
  type InputOptions,
  type PlayGetInputOptions,
  type RecordOptions,
  type SpeakOptions,
  type StreamOptions,
} from "./wire/action-options.ts";
export { type CallOptions, type CallTarget, type RequestOptions, type TransferTarget } from "./wire/call.ts";
export { type Dialable, type PhoneNumber } from "./wire/parties.ts";
export { type PlayStreamOptions, type StreamAudioType } from "./wire/stream-audio.ts";
export {
  PiopiyAbortedError,
  PiopiyApiError,
  PiopiyAuthenticationError,
  PiopiyConnectionError,
  PiopiyError,
  PiopiyNotFoundError,
  PiopiyRateLimitError,
  PiopiyServerError,
  PiopiySignatureError,
  PiopiyTimeoutError,
  PiopiyValidationError,
  type PiopiyErrorCode,
  type PiopiyErrorDetails,
  type SignatureProblem,
} from "./errors.ts";
export { type Fetch, type FetchResponse, type Logger, type Region, type RestClientOptions } from "./options.ts";
export { type CallResponse, type ControlResponse } from "./responses.ts";
export { RestClient, RestClient as Piopiy } from "./rest-client.ts";
export { type Calls, type LegOptions } from "./calls.ts";
export { type Events } from "./events.ts";
export {
  type Call, type CallDetail, type CallFilters, type CallLeg, type EventPosition, type HeardQuality, type LegMedia, type OutboxEvent,
  type PerformedAction, type Recording, type TimelineEntry, type WebhookDelivery,
} from "./records.ts";
export { webhooks, type SignOptions, type UnwrapOptions, type Webhook, type WebhookHeaders } from "./webhooks/unwrap.ts";
export { StreamAction } from "./stream-action.ts";
export { type Voice } from "./voice.ts";
export {
  type ActionInput as PcmoAction, type AnswerRequest, type Cdr, type DtmfCallback, type Issue, type LiveEvent, type RecordingEvent,
} from "@piopiy/pcmo";
