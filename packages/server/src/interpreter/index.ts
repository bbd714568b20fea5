export {
  type AudioPort, type CallbackPort, type CallbackReply, type FileReference, type JsonPost, type Ports, type Recording,
  type RecordingEnd, type RecordingFormat, type RecordingOptions, type RecordingPort, type SpeechRequest, type Timeline, type TimelineEvent,
} from "./ports.ts";
export { createFlowSwitch, type FlowSwitch } from "./flow-switch.ts";
export type {
  Stream, StreamCall, StreamConnection, StreamEnd, StreamLine, StreamPort, StreamRequest, StreamSpeech, StreamTotals, StreamWarning,
} from "./stream-port.ts";
export { detectMachine } from "./detect-machine.ts";
export { runFlow, type FlowResult } from "./run.ts";
export type { CallContext } from "./call-context.ts";
