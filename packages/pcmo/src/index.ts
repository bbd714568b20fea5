export {
  ActionSchema, actionSchemas, FlowSchema, type Action, type ActionInput, type ActionName, type StreamAction, type StreamActionInput,
} from "./action.ts";
export { type BridgeAction } from "./actions/bridge.ts";
export { type ConnectAction } from "./actions/connect.ts";
export { type HangupAction } from "./actions/hangup.ts";
export { type InputAction } from "./actions/input.ts";
export { type ParamAction } from "./actions/param.ts";
export { type PlayGetInputAction } from "./actions/play-get-input.ts";
export { type PlayAction } from "./actions/play.ts";
export { type RecordAction } from "./actions/record.ts";
export { type SpeakAction } from "./actions/speak.ts";
export { CallActionSchema, parseCallAction, type CallActionRequest, type Continuation } from "./call-action.ts";
export { appId, secret } from "./credentials.ts";
export { type Destination } from "./destination.ts";
export { choice, flag, httpUrl, phoneNumber, text, wholeNumber, word } from "./fields.ts";
export { type FileReference } from "./file.ts";
export { parseFlow } from "./flow.ts";
export { check, fields, pointer, strictFields, under, type Checked, type Issue, type Parsed } from "./issue.ts";
export {
  DtmfRequestSchema, FlowRequestSchema, MuteRequestSchema, parseDtmfRequest, parseFlowRequest, parseMuteRequest,
  type DtmfRequest, type FlowRequest, type MuteRequest,
} from "./live-call.ts";
export { expecting, mustBe, mustBePrivate, nearest, type Expecting, type Found, type FoundAt } from "./message.ts";
export {
  AnswerUrlCallSchema, ErrorResponseSchema, MakeCallResponseSchema, MakeCallSchema, parseAnswerUrlCall, parseMakeCall,
  type AnswerUrlCallRequest, type ErrorResponse, type MakeCallInput, type MakeCallRequest, type MakeCallResponse,
} from "./make-call.ts";
export {
  parseStreamMessage, StreamAudioSchema, StreamControlSchema, type StreamMessage,
} from "./stream-message.ts";
export {
  exactBotMessages, exactServerMessages, parseExactBotMessage, parseExactServerMessage, readBotAudioFrame, readServerAudioFrame,
  streamLimits, streamProtocol, writeAudioFrame,
  type AudioFrameInput, type BotAudioFrame, type ExactBotMessage, type ExactBotMessageInput, type ExactServerMessage,
  type ServerAudioFrame, type UnknownServerMessage,
} from "./stream-v1/index.ts";
export {
  AnswerRequestSchema, CdrSchema, DtmfCallbackSchema, LiveEventSchema, liveStatuses, RecordingEventSchema,
  type AnswerRequest, type Cdr, type DtmfCallback, type LiveEvent, type RecordingEvent,
} from "./webhooks.ts";
