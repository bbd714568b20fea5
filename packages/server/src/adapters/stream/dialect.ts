import type { Action, Issue } from "@piopiy/pcmo";
import type { Live } from "../../audio/index.ts";
import type { StreamCall, StreamTotals } from "../../interpreter/index.ts";

/** One frame on the socket: text or binary. */
export type Frame = string | Uint8Array;

/**
 * How a bot speaks on its socket: what the frames mean, and nothing else. Every stream gets one of its own, because it
 * may count; it goes on counting when the stream is taken up again on another socket.
 */
export interface Dialect {
  /** The bot is told what was heard: its socket stays open until then when it asks to stop. */
  readonly untilHeard?: boolean;
  /** What gives way when the bot says more than the queue holds: the oldest, unless told. */
  readonly drops?: "oldest" | "newest";
  /** What is sent before anything else, on every socket. */
  open(start: StreamStart): readonly Frame[];
  /** The frame that carries 20 ms of the call at the stream's rate; `position` is its first sample, counted from the start. */
  audio(samples: Int16Array, position: number): Frame;
  /** What the bot is told; nothing, where the dialect has no word for it. */
  tell(event: StreamEvent): readonly Frame[];
  /** What the bot asks for in a frame, in its order. Never throws: what cannot be read is `unreadable`. */
  read(frame: Frame): readonly BotRequest[];
}

/** What a bot may know of the stream when it begins. */
export interface StreamStart {
  readonly streamId: string;
  readonly call: StreamCall;
  /** What the action gave along. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly listenMode: "caller" | "callee" | "both";
  readonly sampleRateHz: 8000 | 16_000;
  readonly limits: { readonly queueMs: number; readonly messageBytes: number };
  /** Where the stream may be taken up again after its connection was lost. */
  readonly resume?: {
    readonly token: string;
    /** This connection takes up an earlier one. */
    readonly resumed: boolean;
    /** Of what was said meanwhile: so much is sent now, faster than it was said, and so much is gone. */
    readonly replayedMs: number;
    readonly missedMs: number;
  };
}

/** What happens on a stream, in the order in which it happens. */
export type StreamEvent =
  /** The party pressed a key. */
  | { readonly type: "dtmf"; readonly digit: string }
  /** Everything that was sent before the mark has been heard; `reached: false`: it was cleared, and never will be. */
  | { readonly type: "mark"; readonly name: string; readonly reached: boolean }
  /** An utterance is over: told once for each. */
  | ({ readonly type: "played"; readonly utterance: number | undefined } & Played)
  /** What a `clear` threw away, after its utterances were told by `played`. */
  | { readonly type: "cleared"; readonly utterances: readonly { readonly utterance: number | undefined; readonly heardMs: number }[]; readonly marks: readonly string[] }
  /** There was nothing to play within an utterance for so long; audio has come again. */
  | { readonly type: "underrun"; readonly utterance: number | undefined; readonly missedMs: number; readonly count: number }
  /** How much audio waits to be heard, and how much more may be sent. */
  | { readonly type: "credit"; readonly queuedMs: number; readonly freeMs: number }
  /** The queue is full: audio is dropped from now on, until `credit` says that there is room. */
  | { readonly type: "overflow"; readonly utterance: number | undefined }
  /** A message could not be done, or not wholly. */
  | { readonly type: "warning"; readonly issues: readonly Issue[] }
  /** The last frame. */
  | { readonly type: "stop"; readonly reason: StopReason; readonly totals: StreamTotals };

export interface Played {
  /** What left as RTP, to the frame. */
  readonly heardMs: number;
  readonly complete: boolean;
  /** Left out to make up for a delay; only of live audio. */
  readonly skippedMs: number;
  readonly underrunMs: number;
  /** What the queue had no room for. */
  readonly droppedMs: number;
}

/** `call_ended`, or the bot asked for it, or it sent what is not allowed. */
export type StopReason = "call_ended" | "stopped" | "protocol_error";

export interface DialectOptions {
  readonly sampleRateHz: 8000 | 16_000;
}

export type BotRequest =
  /** Play this after what is queued. Without an utterance, a pause of 200 ms ends what is said in one go. */
  | { readonly type: "audio"; readonly audio: BotAudio; readonly utterance?: number; readonly last?: boolean; readonly live?: Live }
  /** Nothing more comes of an utterance. */
  | { readonly type: "end"; readonly utterance: number }
  /** Tell when everything that was sent before has been heard. */
  | { readonly type: "mark"; readonly name: string }
  /** Throw away what is queued: of one utterance, or everything. */
  | { readonly type: "clear"; readonly utterance?: number }
  /** Send nothing of the call (`listening`), or play nothing (`playback`), until `resume`. */
  | { readonly type: "pause"; readonly what: "listening" | "playback" }
  | { readonly type: "resume"; readonly what: "listening" | "playback" }
  /** Close the socket for good; the call goes on. */
  | { readonly type: "stop" }
  /** Press keys towards the party. */
  | { readonly type: "digits"; readonly digits: string }
  /** Perform this on the call. */
  | { readonly type: "flow"; readonly flow: readonly Action[]; readonly warnings: readonly Issue[] }
  | { readonly type: "unreadable"; readonly issues: readonly Issue[] };

export type BotAudio =
  /** 16 bit little-endian mono. A sample may be cut between two messages. */
  | { readonly form: "pcm"; readonly sampleRateHz: 8000 | 16_000; readonly bytes: Uint8Array }
  /** G.711 µ-law at 8 kHz. */
  | { readonly form: "mulaw"; readonly bytes: Uint8Array }
  /** A whole WAV, MP3 or Ogg file; it says itself what its rate is. */
  | { readonly form: "file"; readonly bytes: Uint8Array };
