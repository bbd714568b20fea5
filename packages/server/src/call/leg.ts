import type { AudioSource } from "../audio/index.ts";
import type { Listenable } from "../base/index.ts";
import type { Feed, FeedOptions, PlayResult, TapBatch, TapOptions } from "../media/index.ts";
import type { Cause } from "./cause.ts";
import type { LegControl } from "./leg-control.ts";

/** One party's side of a call: what the interpreter sees of SIP, WebRTC or a simulation. At most ten members. */
export interface Leg {
  /** UUID; `cmiuuid` on the wire. */
  readonly id: string;
  readonly info: LegInfo;
  /** Aborts when the leg has ended, however it ended; the reason is a `Cause`. */
  readonly signal: AbortSignal;
  /** Keys the party pressed, each when it was released. */
  readonly digits: Listenable<{ digit: string }>;
  /** Answers an inbound leg; resolves at once on a leg that is up. */
  answer(): Promise<void>;
  /** Plays to the party; playbacks queue. On abort what is queued is flushed at once, and what was heard is told. */
  play(source: AudioSource, signal: AbortSignal): Promise<PlayResult>;
  /** What the party says and hears, and what is said to it as it comes. */
  readonly audio: LegAudio;
  /** Both parties hear each other until the returned function is called. */
  join(other: Leg): () => void;
  /** Hold, mute, and keys towards the party. */
  readonly control: LegControl;
  /** Ends the leg: BYE, CANCEL or a refusal, as its state asks. Idempotent; resolves when the signal has aborted. */
  hangup(cause?: Cause): Promise<void>;
}

/** The audio of a leg for those who follow it while it happens. */
export interface LegAudio {
  /** What the party says and hears, until the returned function is called; then once more what was under way. */
  tap(listener: (batch: TapBatch) => void, options?: TapOptions): () => void;
  /** What the party says, frame by frame, as soon as it has come; until the returned function is called. */
  listen(listener: (frame: Int16Array) => void): () => void;
  /** Plays what is handed over while it comes, behind what is queued. */
  feed(options?: FeedOptions): Feed;
}

export interface LegInfo {
  readonly direction: "inbound" | "outbound";
  /** The caller's number or user name. */
  readonly from: string;
  /** The called number or user name. */
  readonly to: string;
}
