export { createStreamServer, type StreamServer } from "./server.ts";
export { type StreamServerOptions } from "./options.ts";
export {
  type CompatibleFacts, type ExactFacts, type PlayOptions, type SessionActs, type StreamEnd, type StreamEvents, type StreamSession,
  type StreamTotals, type TransferOptions,
} from "./session.ts";
export { type CallAudio } from "./call-audio.ts";
export { type Playable, type SampleRate } from "./source.ts";
export { type Cleared, type Heard } from "./speaker.ts";
