import type { ActionInput, Issue } from "@piopiy/pcmo";
import type { Action } from "../action.ts";
import type { StreamAction } from "../stream-action.ts";
import type { Dialable, PhoneNumber } from "../wire/parties.ts";
import type { CallAudio } from "./call-audio.ts";
import type { Playable, SampleRate } from "./source.ts";
import type { Cleared, Heard } from "./speaker.ts";

/** How something is played. */
export interface PlayOptions {
  /** Its number, 1 to 4294967295, not used before on this stream. Default: the next. */
  readonly utterance?: number | undefined;
  /** It is made now, at the speed of its clock: a delay that grows is made up for by leaving a little out. Default false. */
  readonly live?: boolean | undefined;
  /** Samples per second of an Int16Array or of an iterable: 8000 or 16000. Default: the stream's. */
  readonly sampleRate?: SampleRate | undefined;
  /** When it aborts, what is not heard yet is thrown away; the promise resolves with what was heard. */
  readonly signal?: AbortSignal | undefined;
}

/** How the party is put through. */
export interface TransferOptions {
  /** The caller id. Default with the exact protocol: the call's own number. */
  readonly from?: PhoneNumber | undefined;
  /** Seconds it may ring. */
  readonly timeout?: number | undefined;
  /** Seconds the talk may last. */
  readonly duration?: number | undefined;
}

/** What a stream came to, in milliseconds of audio. */
export interface StreamTotals {
  /** What the bot was sent of the call, and what not, because it did not read. */
  readonly sentMs: number;
  readonly unsentMs: number;
  /** What the bot said, what was heard of it, and what there was no room for. */
  readonly receivedMs: number;
  readonly playedMs: number;
  readonly droppedMs: number;
}

/**
 * How a stream ended. `call_ended`, `stopped` (you asked for it) and `protocol_error` are told by the server; `closed`: it
 * closed the socket without a word; `lost`: the connection broke and did not come back; `failed`: `onCall` threw;
 * `server_closed`: you closed the stream server.
 */
export interface StreamEnd {
  readonly reason: "call_ended" | "stopped" | "protocol_error" | "closed" | "lost" | "failed" | "server_closed";
  /** Told with the exact protocol. */
  readonly totals: StreamTotals | undefined;
}

/** What happens on a stream. Only `gap` and `dtmf` concern what comes from the call; most is told by the exact protocol only. */
export interface StreamEvents {
  /** The party pressed a key. */
  dtmf: { readonly digit: string };
  /** There was nothing to play within an utterance for so long; `count`: how many times so far in it. */
  underrun: { readonly utterance: number; readonly count: number; readonly missedMs: number };
  /** The server's queue is full; what comes now is dropped. */
  overflow: { readonly utterance: number };
  /** A message could not be done, or not wholly. */
  warning: { readonly issues: readonly Issue[] };
  /** So much of what the party said did not reach the bot. */
  gap: { readonly missedMs: number };
  /** How much waits to be heard, and how much more the server takes. */
  credit: { readonly queuedMs: number; readonly freeMs: number };
  /** The connection broke; the server tries to come back, and is waited for so long. */
  lost: { readonly waitMs: number };
  /** It has come back; so much of what was said meanwhile is sent now, and so much is gone. */
  resumed: { readonly replayedMs: number; readonly missedMs: number };
}

/** What a bot does on a stream. After its end, what asks something of the call throws a PiopiyAbortedError. */
export interface SessionActs {
  /** The address that was dialled, as the server asked for it: path and query. */
  readonly url: string;
  /** The query of the address. */
  readonly query: URLSearchParams;
  /** What the party says. */
  readonly audio: CallAudio;
  /** Aborts when the stream is over. */
  readonly signal: AbortSignal;
  /** Resolves when the stream is over; never rejects. */
  readonly ended: Promise<StreamEnd>;
  /** Calls `listener` with every frame of 20 ms that the party says, until the returned function is called. */
  onAudio(listener: (samples: Int16Array) => void): () => void;
  /** Calls `listener` with every key the party presses, until the returned function is called. Needs the exact protocol. */
  onDtmf(listener: (digit: string) => void): () => void;
  /** Calls `listener` whenever it happens, until the returned function is called. */
  on<K extends keyof StreamEvents>(type: K, listener: (event: StreamEvents[K]) => void): () => void;
  /**
   * Plays audio to the party, after what was played before, and resolves when it is known what was heard of it: at its
   * end, when it was cleared, or when the stream is over. An iterable is asked for more only as there is room; one that
   * makes nothing for 10 s is taken to be at its end by the server. What is played next waits until this was sent.
   * Rejects with a PiopiyValidationError when `audio` cannot be played, and with the iterable's own error.
   */
  play(audio: Playable, options?: PlayOptions): Promise<Heard>;
  /** Throws away at once what is not heard yet, of one utterance or of all; resolves with what was cut off. */
  clear(utterance?: number): Promise<Cleared>;
  /** Resolves with true when everything that was played before has been heard, with false when that will not be. */
  mark(name?: string): Promise<boolean>;
  /** Presses keys towards the party: 0-9, *, #, A-D, and "," for a pause. Needs the exact protocol. */
  sendDigits(digits: string): void;
  /** Performs a flow on the call, in place of the action under way and of those that are left. The stream stays. */
  flow(flow: Action | StreamAction | ActionInput | readonly ActionInput[]): void;
  /** Ends the call. `reason`: what a caller who was not answered is told, such as "busy". */
  hangup(reason?: string): void;
  /** Connects the party with somebody else. */
  transfer(to: Dialable, options?: TransferOptions): void;
  /** Stops what the party hears of the bot where it is ("playback", the default), or what the bot is sent ("listening"). */
  pause(what?: "playback" | "listening"): void;
  /** Ends a `pause`. */
  resume(what?: "playback" | "listening"): void;
  /** Closes the stream; the call goes on with its flow. */
  stop(): void;
}

/** What is known of a call with the exact protocol. */
export interface ExactFacts {
  readonly protocol: "v1";
  readonly callId: string;
  readonly streamId: string;
  readonly legId: string;
  readonly appId: string;
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
  /** What was given along with the call: parsed when it is JSON, else the text; undefined when there is nothing. */
  readonly extraParams: unknown;
  /** The `parameters` of the action. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Samples per second, both ways. */
  readonly sampleRate: SampleRate;
  readonly listenMode: "caller" | "callee" | "both";
  /** The stream began on a connection that this process does not know: greet nobody twice. */
  readonly resumed: boolean;
}

/** What is known of a call in the compatible form: nothing but the address. */
export interface CompatibleFacts {
  readonly protocol: "compatible";
  readonly callId: undefined;
  readonly streamId: undefined;
  readonly legId: undefined;
  readonly appId: undefined;
  readonly direction: undefined;
  readonly from: undefined;
  readonly to: undefined;
  readonly extraParams: undefined;
  readonly parameters: undefined;
  /** By the option `sampleRate`, or by the size of the first frame; 8000 until there is one. */
  readonly sampleRate: SampleRate;
  readonly listenMode: undefined;
  readonly resumed: false;
}

/** A call that a bot is on. `protocol` tells what is known of it. */
export type StreamSession = SessionActs & (ExactFacts | CompatibleFacts);
