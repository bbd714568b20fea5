import type { AudioCodec, AudioSource, EncoderWishes } from "../audio/index.ts";
import type { Listenable } from "../base/index.ts";
import type { SrtpKeys } from "../rtp/index.ts";
import type { Feed, FeedOptions } from "./feed.ts";
import type { MediaAddress } from "./latch.ts";
import type { LegQuality } from "./quality.ts";
import type { QualityFigures } from "./quality-figures.ts";
import type { PumpChoice } from "./udp-port.ts";

export type { AudioCodec };

/** What offer/answer settled for one session. */
export interface MediaParameters {
  /** Where to send; where RTP really comes from replaces it (symmetric RTP). */
  readonly remote: { readonly host: string; readonly port: number };
  readonly codec: AudioCodec;
  /** The payload type of `codec`, both ways. */
  readonly payloadType: number;
  /** What the peer asks the encoder for. */
  readonly wishes?: EncoderWishes;
  /** Payload type of RFC 4733 telephone-event; absent: the peer does not take it. */
  readonly telephoneEventPayloadType?: number;
  /** What durations of telephone-event count by; absent: the clock of `codec`. */
  readonly telephoneEventRateHz?: number;
  /** What the peer may send besides, whatever is sent to it; or the same under other payload types. */
  readonly besides?: readonly ReceivedFormat[];
  /** How much audio the peer wants in a packet; absent: 20 ms. */
  readonly packetMs?: number;
  readonly direction: "sendrecv" | "sendonly" | "recvonly" | "inactive";
  /** Where the peer takes RTCP; `mux`: wherever RTP goes. Absent: none is sent. */
  readonly rtcp?: "mux" | { readonly host: string; readonly port: number };
  /** With keys nothing goes out or is taken that is not SRTP or SRTCP. Other keys than before begin anew. */
  readonly security?: SrtpKeys;
  /** The keys are still being agreed on (see `MediaSession.dtls`): until they are here nothing goes out, and nothing is taken. */
  readonly awaitsKeys?: boolean;
}

/** A codec that the peer may send, and the events beside it. */
export type ReceivedFormat = Pick<MediaParameters, "codec" | "payloadType" | "telephoneEventPayloadType" | "telephoneEventRateHz">;

export interface MediaEngineOptions {
  /** The address RTP sockets are bound to. */
  readonly host: string;
  /** First and last UDP port that may be used, both included; `[0, 0]` lets the system choose. */
  readonly ports: readonly [from: number, to: number];
  /** Threads to spread sessions over. 0 runs the engine in the calling thread (tests, simulator, phones). */
  readonly workers: number;
  /** Packets by the native pump where there is one (`auto`), or by Node's own sockets; absent: as PIOPIY_MEDIA_PUMP says. */
  readonly pump?: PumpChoice;
}

/** The media plane: sessions on real UDP sockets, paced by absolute deadlines. */
export interface MediaEngine {
  /** Binds a port. `near`: the session this one will be joined with (both then run on one thread). Fails with `out_of_ports`. */
  open(options?: { readonly near?: MediaSession }): Promise<MediaSession>;
  /** Sessions open now. */
  readonly sessions: number;
  /** Sums over all sessions that are or were open. */
  statistics(): Promise<EngineStatistics>;
  close(): Promise<void>;
}

/** One RTP stream both ways on one port. It sends silence while nothing is played, so that the peer always hears a clock. */
export interface MediaSession {
  readonly local: { readonly host: string; readonly port: number };
  readonly events: Listenable<MediaSessionEvents>;
  /** Starts media, or changes it in mid-call. */
  configure(parameters: MediaParameters): void;
  /**
   * Plays to the peer. Playbacks queue one behind the other. Resolves when the last sample has left, or, when
   * `signal` aborts, at once after flushing what was queued; never rejects for an abort. Rejects when the source fails.
   */
  play(source: AudioSource, signal: AbortSignal): Promise<PlayResult>;
  /** Plays what is handed over while it comes, behind what is queued: as `play`, for those who make their samples as they go. */
  feed(options?: FeedOptions): Feed;
  /**
   * Hands over what the party says as soon as it has come, ahead of the jitter buffer, until the returned function is
   * called: frames of 20 ms in their order, as many as time goes on. A lost one is concealed; what is not sent is silence,
   * while muted or on hold, too. A frame may be kept; it is a view of a buffer that others' frames lie in as well.
   */
  listen(listener: (frame: Int16Array) => void): () => void;
  /** Sends RFC 4733 digits (0-9 * # A-D; `,` pauses 500 ms), each 100 ms with a pause of 60 ms. */
  sendDigits(digits: string, signal: AbortSignal): Promise<void>;
  /**
   * Hands over what is received and what is sent, until the returned function is called; then once more what was under
   * way, at most a batch.
   */
  tap(listener: (batch: TapBatch) => void, options?: TapOptions): () => void;
  /** Both sessions hear each other until the returned function is called. */
  join(other: MediaSession): () => void;
  /**
   * Plays `music` in a loop in place of something, until it is taken back by `undefined`. For the `party`: in place of
   * all it would hear, while playbacks wait where they are and nobody hears what it says (it is on hold). For the
   * `partners`: they hear it in place of what the party says (the party has put us on hold). Music that lies in shared
   * memory is not copied.
   */
  hold(hearer: "party" | "partners", music: Int16Array | undefined): void;
  /** While muted, nobody hears what the party says; its keys count all the same. */
  mute(on: boolean): void;
  /**
   * Hands over the datagrams of DTLS that come to the port (RFC 7983 §7), until the way is closed or another one opened.
   * There are not more of them in a second than a handshake has.
   */
  dtls(listener: (datagram: Uint8Array, from: MediaAddress) => void): DtlsWay;
  /** Frees the port. Idempotent. */
  close(): Promise<SessionStatistics>;
}

/** The way of a handshake that shares a port with RTP (RFC 5764 §5.1.2). */
export interface DtlsWay {
  send(datagram: Uint8Array, to: MediaAddress): void;
  close(): void;
}

export interface MediaSessionEvents {
  /** A key was released (or its end was lost and concluded); `durationMs` as far as the peer told. */
  digit: { readonly digit: string; readonly durationMs: number };
  /** The first RTP packet from the peer. */
  received: { readonly host: string; readonly port: number };
  /** The first RTP packet of a playback has left. */
  playing: { readonly kind: AudioSource["kind"] };
  /** Nothing came from the peer for this long (told at 1 s, and then at every further second). */
  quiet: { readonly quietMs: number };
  /** The thread that did the session's work has died: nothing is heard or sent any more. */
  lost: { readonly failure: Error };
}

/** What the peer really got of a playback, counted in packets that left. */
export interface PlayResult {
  readonly complete: boolean;
  readonly heardMs: number;
}

export interface TapOptions {
  /** The longest a batch may be, in ms: 100 unless given. What the most impatient listener asks for, all get. */
  readonly batchMs?: number;
  /** The last batch has been handed over: once, after the returned function was called or the session has closed. */
  readonly ended?: () => void;
}

/** The same span of time, heard from and sent to the peer: equally long, aligned to the frame. */
export interface TapBatch {
  readonly received: Int16Array;
  readonly sent: Int16Array;
}

/** Sums over sessions, and how those were that have ended. */
export interface EngineStatistics extends MediaStatistics {
  readonly quality: QualityFigures;
  readonly threads: ThreadCounts;
}

/** The threads of an engine: how many run, and how many were lost so far because they ended by themselves, or hung. */
export interface ThreadCounts {
  readonly running: number;
  readonly died: number;
  readonly hung: number;
}

/** What a session came to. */
export interface SessionStatistics extends MediaStatistics {
  /** Absent: too little was sent and received to say anything. */
  readonly quality?: LegQuality;
}

export interface MediaStatistics {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Holes in the sequence numbers that were received. */
  readonly packetsLost: number;
  /** Came too late for their place, or twice. */
  readonly packetsDiscarded: number;
  /** Datagrams that are no RTP of this session. */
  readonly packetsInvalid: number;
  /** Frames of a playback that were due before the source had delivered them. */
  readonly underruns: number;
  /** The largest delay of a send behind its deadline. */
  readonly latestSendMs: number;
}
