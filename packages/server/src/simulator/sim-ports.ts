import { SAMPLE_RATE_HZ, sourceOf, type AudioSource } from "../audio/index.ts";
import { PiopiyError, sleep, type Clock, type ErrorCode, type Ids } from "../base/index.ts";
import type { Leg } from "../call/index.ts";
import type { AudioPort, CallbackPort, Recording, RecordingFormat, RecordingPort } from "../interpreter/index.ts";

/** What a simulated web server answers to one POST. */
export type SimReply =
  /** `body`: JSON, or text as it stands. After 50 ms unless said otherwise. */
  | { readonly status?: number; readonly body?: unknown; readonly afterMs?: number }
  | { readonly fails: "fetch_failed" | "fetch_refused"; readonly afterMs?: number };

/** By URL: the reply to the first POST, to the second, …; the last one stays. An unknown URL cannot be fetched. */
export type SimReplies = Readonly<Record<string, readonly SimReply[]>>;

/** A file of so many milliseconds, or what comes instead of it. */
export type SimFile =
  | { readonly durationMs: number }
  | { readonly fails: "bad_audio" | "fetch_failed" | "fetch_refused" };

export interface SimAudio {
  /** By URL or name. */
  readonly files?: Readonly<Record<string, SimFile>>;
  /** How long a file lasts that is not in `files`; 3000. */
  readonly fileMs?: number;
  /** How long a character of speech lasts; 65, which is about 150 words a minute. */
  readonly characterMs?: number;
}

/** One POST that was sent. */
export interface SimPost {
  readonly atMs: number;
  readonly url: string;
  readonly body: unknown;
}

/** One recording, closed or still running (`durationMs` absent). */
export interface SimRecording {
  readonly id: string;
  readonly legId: string;
  readonly channels: "mono" | "stereo";
  readonly format: RecordingFormat;
  readonly startMs: number;
  durationMs?: number;
}

/** Files and speech as silence of the right length. */
export function simAudio({ files = {}, fileMs = 3000, characterMs = 65 }: SimAudio): AudioPort {
  return {
    file(reference) {
      const file = files[reference.type === "url" ? reference.url : reference.name] ?? { durationMs: fileMs };
      return "fails" in file ? refused(file.fails) : Promise.resolve(silence("file", file.durationMs));
    },
    speech: ({ text }) => Promise.resolve(silence("speech", text.length * characterMs)),
  };
}

function silence(kind: AudioSource["kind"], durationMs: number): AudioSource {
  return sourceOf(new Int16Array(Math.round((durationMs * SAMPLE_RATE_HZ) / 1000)), kind);
}

/** Answers POSTs out of a table, and notes them in `posts`. */
export function simCallbacks(clock: Clock, replies: SimReplies, posts: SimPost[]): CallbackPort {
  return {
    async post(url, body, signal) {
      const list = replies[url] ?? [];
      const before = posts.filter((post) => post.url === url).length;
      posts.push({ atMs: clock.monotonicMs(), url, body });
      const reply = list[before] ?? list.at(-1) ?? { fails: "fetch_failed" };
      await sleep(clock, reply.afterMs ?? 50, signal);
      if ("fails" in reply) return refused(reply.fails);
      const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? "");
      return { status: reply.status ?? 200, body: reply.body === undefined ? "" : text };
    },
  };
}

/** Counts how long is recorded, and notes it in `recordings`. */
export function simRecordings(clock: Clock, ids: Ids, recordings: SimRecording[]): RecordingPort {
  return {
    start(leg, { channels, format = "wav" }) {
      const entry: SimRecording = { id: ids.uuid(), legId: leg.id, channels, format, startMs: clock.monotonicMs() };
      recordings.push(entry);
      return Promise.resolve(recordingOf(entry, clock, leg));
    },
  };
}

function recordingOf(entry: SimRecording, clock: Clock, leg: Leg): Recording {
  const close = () => (entry.durationMs ??= clock.monotonicMs() - entry.startMs);
  leg.signal.addEventListener("abort", close, { once: true });
  const { id, channels, format } = entry;
  const bytesPerMs = format === "mp3" ? 4 : channels === "stereo" ? 32 : 16;
  return { id, stop: () => Promise.resolve({ durationMs: close(), bytes: Math.round(close() * bytesPerMs), format }) };
}

const refused = (code: ErrorCode): Promise<never> => Promise.reject(new PiopiyError(code));
