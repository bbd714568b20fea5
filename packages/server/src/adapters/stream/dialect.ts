import type { Action, Issue } from "@piopiy/pcmo";

/** One frame on the socket: text or binary. */
export type Frame = string | Uint8Array;

/** How a bot speaks on its socket: what the frames mean, and nothing else. One for each stream, because it may count. */
export interface Dialect {
  /** The frame that carries 20 ms of the call at the stream's rate. */
  audio(samples: Int16Array): Frame;
  /** What the bot asks for in a frame. Never throws: what cannot be read is `unreadable`. */
  read(frame: Frame): BotRequest;
}

export interface DialectOptions {
  readonly sampleRateHz: 8000 | 16_000;
}

export type BotRequest =
  /** Play this after what is queued. */
  | { readonly type: "audio"; readonly audio: BotAudio }
  /** Throw away everything that is queued. */
  | { readonly type: "clear" }
  /** Send nothing of the call until `resume`. */
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  /** Close the socket for good; the call goes on. */
  | { readonly type: "stop" }
  /** Perform this on the call. */
  | { readonly type: "flow"; readonly flow: readonly Action[]; readonly warnings: readonly Issue[] }
  | { readonly type: "unreadable"; readonly issues: readonly Issue[] };

export type BotAudio =
  /** 16 bit little-endian mono. A sample may be cut between two messages. */
  | { readonly form: "pcm"; readonly sampleRateHz: 8000 | 16_000; readonly bytes: Uint8Array }
  /** A whole WAV or MP3 file; it says itself what its rate is. */
  | { readonly form: "file"; readonly bytes: Uint8Array };
