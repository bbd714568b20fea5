import type { Action, Issue, StreamAction } from "@piopiy/pcmo";
import type { Leg, LegAudio } from "../call/index.ts";
import type { CallContext } from "./call-context.ts";

/** Sockets to bots. */
export interface StreamPort {
  /**
   * Connects to a bot, and lets it hear and speak over `line` until it closes the socket or `signal` aborts; a connection
   * that is lost meanwhile is opened again where that is asked for. Resolves when the socket is open. Fails with
   * `fetch_refused` (the address is not allowed) and `stream_failed`; rejects with the signal's reason when that aborts
   * before.
   */
  open(request: StreamRequest, line: StreamLine, signal: AbortSignal): Promise<Stream>;
}

export interface StreamRequest {
  /** UUID of the stream. */
  readonly id: string;
  readonly call: StreamCall;
  /** A ws or wss URL. It may carry credentials: it is shown to nobody. */
  readonly url: string;
  /** Tried when `url` cannot be connected to, or does not come back. */
  readonly standbyUrl?: string;
  /** The rate of the audio on the socket. */
  readonly sampleRateHz: 8000 | 16_000;
  readonly listenMode: StreamAction["listen_mode"];
  /** How the bot speaks; `compatible` unless given. */
  readonly speaks?: StreamSpeech;
  /** Handed to the bot when the stream begins. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Of the upgrade request. They may be credentials, too. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Signs the path and query that are asked for, `undefined` without a secret to do that with. */
  readonly sign?: (target: string) => string | undefined;
  /** The signature goes into the query, too. */
  readonly signUrl?: boolean;
  /** For how long a lost connection is tried to be opened again; what is usual with the way the bot speaks unless given. */
  readonly reconnectMs?: number;
}

/** `auto`: `v1` when the bot confirms that it speaks it, else `compatible`. */
export type StreamSpeech = NonNullable<StreamAction["protocol"] | StreamAction["dialect"]>;

/** What a bot may know of the call. */
export type StreamCall = CallContext & { readonly legId: string };

/** What a stream may do with the call it belongs to. */
export interface StreamLine {
  /** What the bot is to hear: 8 kHz PCM in portions of about 20 ms, until the returned function is called. */
  listen(listener: (samples: Int16Array) => void): () => void;
  /** What the bot says, handed over while it comes, after what is queued already. */
  readonly feed: LegAudio["feed"];
  /** Keys the party presses, until the returned function is called. */
  digits(listener: (digit: string) => void): () => void;
  /** Presses keys towards the party: 0-9 * # A-D, and `,` for a pause. Fails with `invalid_request`. */
  sendDigits(digits: string, signal: AbortSignal): Promise<void>;
  /** Plays to the party, after what is queued already, as `Leg.play`. */
  readonly play: Leg["play"];
  /** Performs a flow in place of the action that is performed and of those that are left. */
  perform(flow: readonly Action[]): void;
  /** Something the bot asked for was not done, or not wholly. */
  warn(warning: StreamWarning): void;
  /** The bot is away, or has come back: one after the other, and the first one first. */
  connection(change: StreamConnection): void;
}

/** What becomes of a connection in the middle of a stream. */
export type StreamConnection =
  /** It is lost, and tried to be opened again, for the first time after `waitMs`. */
  | { readonly type: "lost"; readonly by: StreamEnd["by"]; readonly code: number; readonly reason: string; readonly waitMs: number }
  /** It is open again, at this attempt. */
  | { readonly type: "resumed"; readonly attempts: number; readonly awayMs: number }
  /** It could not be opened again in time, or the call was over meanwhile. */
  | { readonly type: "gone"; readonly attempts: number; readonly awayMs: number };

export type StreamWarning =
  /** A message that is none, or a detail of it. */
  | ({ readonly warning: "stream_message" } & Issue)
  /** More audio than the queue holds: the oldest was thrown away. */
  | { readonly warning: "stream_overflow" }
  /** Audio that cannot be decoded. */
  | { readonly warning: "stream_audio"; readonly message: string }
  /** That many further warnings were left out. */
  | { readonly warning: "stream_warnings"; readonly omitted: number };

/** A stream whose socket is open. */
export interface Stream {
  /** Resolves when it is over, and what the bot had said before was played; never rejects. */
  readonly ended: Promise<StreamEnd>;
}

export interface StreamEnd {
  /** Who ended it: the bot (closed the socket, or asked to stop), we (the call is over), or a connection that was lost. */
  readonly by: "bot" | "us" | "network";
  /** RFC 6455 §7.4: 1000 is normal; 1005 and 1006 say that no code was sent, or not even a close. */
  readonly code: number;
  readonly reason: string;
  readonly totals: StreamTotals;
}

export interface StreamTotals {
  /** What the bot was sent of the call. */
  readonly sentMs: number;
  /** What it was not sent because it did not read. */
  readonly unsentMs: number;
  /** What the bot said, and how much of it left as RTP. */
  readonly receivedMs: number;
  readonly playedMs: number;
  /** What the bot said and the queue had no room for. */
  readonly droppedMs: number;
}
