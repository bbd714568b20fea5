import type { AudioSource } from "../audio/index.ts";
import type { Clock, Ids } from "../base/index.ts";
import type { Dialler, Leg } from "../call/index.ts";
import type { StreamPort } from "./stream-port.ts";

/** Everything a flow needs from the world around the leg. Adapters implement it; the simulator too. */
export interface Ports {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly audio: AudioPort;
  readonly callbacks: CallbackPort;
  readonly recordings: RecordingPort;
  readonly streams: StreamPort;
  readonly dialler: Dialler;
  /** What is heard while a bot is away, in place of the built-in music: 8 kHz, played again and again. */
  readonly holdMusic?: Int16Array;
  readonly timeline: Timeline;
}

export interface AudioPort {
  /** A file by URL or by its name in the media folder. Fails with `bad_audio`, `fetch_failed`, `fetch_refused`. */
  file(reference: FileReference, signal: AbortSignal): Promise<AudioSource>;
  /** Speech, sentence by sentence, of plain text or SSML. Fails with `speech_failed`. */
  speech(request: SpeechRequest, signal: AbortSignal): Promise<AudioSource>;
}

export type FileReference =
  | { readonly type: "url"; readonly url: string }
  | { readonly type: "name"; readonly name: string };

export interface SpeechRequest {
  readonly text: string;
  readonly language?: string;
  readonly voice?: string;
  /** Told what of the text could not be taken as it was written. */
  readonly warn?: (message: string) => void;
}

export interface CallbackPort {
  /** POSTs `body` as JSON. Fails with `fetch_failed`, `fetch_refused`; any HTTP status is a reply. */
  post(url: string, body: unknown, signal: AbortSignal): Promise<CallbackReply>;
}

/** A `CallbackPort` with what webhooks, which are signed, need beside it. Redirects are a reply like any other. */
export interface JsonPost {
  post(
    url: string,
    body: unknown,
    signal: AbortSignal,
    options?: {
      /** Further headers, from the bytes as they are sent. */
      readonly headersOf?: (raw: string) => Readonly<Record<string, string>>;
      /** Only the status counts: however long the reply is. */
      readonly statusOnly?: boolean;
    },
  ): Promise<CallbackReply>;
}

export interface CallbackReply {
  readonly status: number;
  readonly body: string;
}

export interface RecordingPort {
  /** Records a leg from now until it ends or `stop` is called. */
  start(leg: Leg, options: RecordingOptions): Promise<Recording>;
}

export interface RecordingOptions {
  /** `stereo`: the party left, what it hears right. */
  readonly channels: "mono" | "stereo";
  /** `wav` unless given. */
  readonly format?: RecordingFormat;
}

export type RecordingFormat = "wav" | "mp3";

/** What a recording came to. */
export interface RecordingEnd {
  readonly durationMs: number;
  /** The size of the file. */
  readonly bytes: number;
  readonly format: RecordingFormat;
}

export interface Recording {
  readonly id: string;
  /**
   * Closes the file; resolves when it is complete on disk. Idempotent. Rejects with `media_failed` when the disk has
   * failed: what was written before is there and plays.
   */
  stop(): Promise<RecordingEnd>;
}

/** What happened in a call, in order. */
export interface Timeline {
  add(entry: TimelineEvent): void;
}

/** One entry, before the store gives it its place and time. `data` holds no credentials. */
export interface TimelineEvent {
  /** Dotted name, for example `action.started`, `action.failed`, `digits.collected`, `leg.answered`, `warning`. */
  readonly type: string;
  /** The leg it happened on. */
  readonly legId?: string;
  /** Index of the action in its flow. */
  readonly actionIndex?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}
