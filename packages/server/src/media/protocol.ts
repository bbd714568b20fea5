import type { AudioSource, Live } from "../audio/index.ts";
import type { FeedResult } from "./feed.ts";
import type { MediaAddress } from "./latch.ts";
import type { MediaParameters, MediaSessionEvents, MediaStatistics, SessionStatistics } from "./engine.ts";

/**
 * What crosses the boundary of the media plane. Both directions are plain data that can be cloned between threads.
 * Samples are no part of them: those of all sessions travel together, packed (`SampleRecord`). Sessions, playbacks and
 * digit strings are numbered by the side that asks, and what it waits for comes back under the same number.
 */
export type Command =
  | { readonly type: "open"; readonly session: number; readonly port: number; readonly near?: number }
  | { readonly type: "configure"; readonly session: number; readonly parameters: MediaParameters }
  /** `whole`: all samples of the playback, in shared memory; nothing more of it comes. */
  | { readonly type: "play"; readonly session: number; readonly playback: number; readonly kind: AudioSource["kind"]; readonly feed?: FeedMode; readonly whole?: Int16Array }
  /** Told by `marked` when all samples before it have left. */
  | { readonly type: "mark"; readonly session: number; readonly playback: number; readonly mark: number }
  | { readonly type: "pause"; readonly session: number; readonly playback: number; readonly on: boolean }
  /** All samples of the playback have been handed over. */
  | { readonly type: "ended"; readonly session: number; readonly playback: number }
  /** Throw away what is queued of the playback; answered by `played`. */
  | { readonly type: "flush"; readonly session: number; readonly playback: number }
  | { readonly type: "digits"; readonly session: number; readonly sending: number; readonly digits: string }
  | { readonly type: "stop_digits"; readonly session: number; readonly sending: number }
  /** In batches of so many frames, 0: no more; answered by `tap_flushed` under the same number. */
  | { readonly type: "tap"; readonly session: number; readonly frames: number; readonly request: number }
  /** Tell what the party says as soon as it has come, ahead of the jitter buffer. */
  | { readonly type: "listen"; readonly session: number; readonly on: boolean }
  | { readonly type: "join"; readonly session: number; readonly other: number }
  | { readonly type: "unjoin"; readonly session: number; readonly other: number }
  /** `link` is a session on another thread: what it hears is relayed frame by frame. */
  | { readonly type: "link"; readonly session: number; readonly link: number }
  | { readonly type: "unlink"; readonly session: number; readonly link: number }
  | { readonly type: "hold"; readonly session: number; readonly hearer: "party" | "partners"; readonly music: Int16Array | undefined }
  | { readonly type: "mute"; readonly session: number; readonly on: boolean }
  /** Whether datagrams of DTLS are reported. */
  | { readonly type: "dtls"; readonly session: number; readonly on: boolean }
  | { readonly type: "send_dtls"; readonly session: number; readonly datagram: Uint8Array; readonly to: MediaAddress }
  | { readonly type: "close"; readonly session: number }
  | { readonly type: "statistics"; readonly request: number };

export type Report =
  | { readonly type: "ready" }
  | { readonly type: "opened"; readonly session: number; readonly port: number }
  /** The port could not be bound; `portTaken`: by another program, the next one may do. */
  | { readonly type: "refused"; readonly session: number; readonly portTaken: boolean }
  /** That many samples of the playback have been used: as many more may be handed over. */
  | { readonly type: "used"; readonly session: number; readonly playback: number; readonly samples: number }
  | { readonly type: "played"; readonly session: number; readonly playback: number; readonly result: FeedResult }
  | { readonly type: "marked"; readonly session: number; readonly playback: number; readonly mark: number }
  /** Samples came again after so many frames without any. */
  | { readonly type: "underrun"; readonly session: number; readonly playback: number; readonly frames: number }
  | { readonly type: "digits_sent"; readonly session: number; readonly sending: number }
  | { readonly type: "dtls"; readonly session: number; readonly datagram: Uint8Array; readonly from: MediaAddress }
  /** What was tapped before a `tap` command has been told. */
  | { readonly type: "tap_flushed"; readonly session: number; readonly request: number }
  | SessionReport
  | { readonly type: "closed"; readonly session: number; readonly statistics: SessionStatistics }
  | { readonly type: "statistics"; readonly request: number; readonly statistics: MediaStatistics }
  | { readonly type: "late"; readonly sessions: number; readonly lateMs: number };

/** A playback that is fed while it is played. */
export interface FeedMode {
  readonly live: Live | undefined;
}

type ReportedEvent = Exclude<keyof MediaSessionEvents, "lost">;

/** The events of `MediaSession` that the thread itself tells, each under its name. */
export type SessionReport = {
  readonly [K in ReportedEvent]: { readonly type: K; readonly session: number; readonly event: MediaSessionEvents[K] };
}[ReportedEvent];

/** Hands one report up. */
export type Tell = (report: Report) => void;

/** The way down: commands and samples take effect in the order in which they are given. Samples are copied. */
export interface CommandPort {
  send(command: Command): void;
  /** Samples of a playback. */
  samples(session: number, playback: number, samples: Int16Array): void;
  /** A frame from a session on another thread that this one is joined with. */
  relayed(session: number, link: number, frame: Int16Array): void;
}

/** The way up for samples. They are valid until the call returns. */
export interface SampleReports {
  /** A frame of what the party says, for those who `listen`. */
  readonly heard: (session: number, frame: Int16Array) => void;
  /** A batch for those who `tap`. */
  readonly tapped: (session: number, received: Int16Array, sent: Int16Array) => void;
  /** A frame for a session on another thread that this one is joined with. */
  readonly relay: (session: number, link: number, frame: Int16Array) => void;
}

/** What a record of packed samples is; its owner is the session. */
export const SampleRecord = { samples: 0, relayed: 1, heard: 2, tapped: 3, relay: 4 } as const;
