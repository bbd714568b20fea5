import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AudioSource } from "../audio/index.ts";
import { PiopiyError, randomIds, workerUrl, type Clock, type Ids } from "../base/index.ts";
import type { SpeechRequest } from "../interpreter/index.ts";
import { createSampleWorker, type SampleWorker } from "./sample-worker.ts";
import { sentencesOf } from "./sentences.ts";
import { createSingleFlight } from "./single-flight.ts";
import { createSpeechCache, speechKey } from "./speech-cache.ts";

export interface FliteSpeechOptions {
  /** Where spoken sentences are kept across restarts. */
  readonly cacheFolder: string;
  readonly clock: Clock;
  /** The voice when the request names none: `slt` unless given. */
  readonly voice?: string;
  readonly ids?: Ids;
  /** Bounds of the cache; 32 MB and 512 MB unless given. */
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
  /** The longest one sentence may take, the start of the thread included; 15 s unless given. */
  readonly timeoutMs?: number;
}

export interface Speech {
  /**
   * Speaks a text sentence by sentence: resolves when the first one is ready; each further one is made while the one
   * before it plays. Fails with `speech_failed`.
   */
  speak(request: SpeechRequest, signal: AbortSignal): Promise<AudioSource>;
  close(): Promise<void>;
}

const VOICES = ["slt", "awb", "rms", "kal", "kal16"] as const;
const MAXIMUM_TEXT = 10_000;
/** Sentences of all calls that may wait for the thread. */
const MAXIMUM_WAITING = 256;

interface SpeechJob {
  readonly voice: string;
  readonly text: string;
}

/** English speech by Flite (WebAssembly, in a thread of its own). The thread starts with the first sentence. */
export function createFliteSpeech(options: FliteSpeechOptions): Speech {
  const { cacheFolder, clock, ids = randomIds, memoryBytes = 32 << 20, diskBytes = 512 << 20 } = options;
  const cache = createSpeechCache({ folder: cacheFolder, clock, ids, memoryBytes, diskBytes });
  const flights = createSingleFlight<Int16Array>();
  const writes = new Set<Promise<void>>();
  const thread = lazyThread(clock, options.timeoutMs ?? 15_000);

  const synthesise = async (job: SpeechJob, key: string, signal: AbortSignal): Promise<Int16Array> => {
    const cached = await cache.get(key);
    if (cached) return cached;
    const samples = await thread.request(job, signal);
    const written: Promise<void> = cache.set(key, samples).then(() => void writes.delete(written));
    writes.add(written);
    return samples;
  };
  const sentence = (job: SpeechJob, signal: AbortSignal) => {
    const key = speechKey(job.voice, job.text);
    return flights.run(key, (shared) => synthesise(job, key, shared), signal);
  };
  return {
    async speak(request, signal) {
      const voice = voiceFor(request, options.voice);
      const jobs = speakable(request.text).map((text) => ({ voice, text }));
      const [first] = jobs;
      if (!first) return { kind: "speech", chunks: nothing() };
      // Made before anything is played: a failure is then told by the action, not in the middle of a playback.
      await sentence(first, signal);
      return { kind: "speech", chunks: { [Symbol.asyncIterator]: () => spoken(jobs, (job) => sentence(job, signal)) } };
    },
    async close() {
      await thread.close();
      await Promise.all(writes);
    },
  };
}

async function* nothing(): AsyncGenerator<Int16Array> {}

async function* spoken(jobs: readonly SpeechJob[], sentence: (job: SpeechJob) => Promise<Int16Array>): AsyncGenerator<Int16Array> {
  let ahead: Promise<Int16Array> | undefined;
  for (const [index, job] of jobs.entries()) {
    const samples = await (ahead ?? sentence(job));
    const following = jobs[index + 1];
    ahead = following && sentence(following);
    // It is awaited only when this sentence has been read; until then its failure is nobody's.
    ahead?.catch(() => undefined);
    yield samples;
  }
}

function voiceFor({ language = "en", voice }: SpeechRequest, standard = "slt"): string {
  const known = `The voices here are ${VOICES.join(", ")}; all speak English.`;
  if (!/^en(?:[-_]|$)/i.test(language)) throw new PiopiyError("speech_failed", `There is no voice for this language. ${known}`);
  const wanted = voice ?? standard;
  const found = VOICES.find((name) => name === wanted.toLowerCase());
  if (!found) throw new PiopiyError("speech_failed", `There is no such voice. ${known}`);
  return found;
}

/** The sentences as Flite can read them: ASCII, and with at least a letter or a digit in each. */
function speakable(text: string): readonly string[] {
  if (text.length > MAXIMUM_TEXT) throw new PiopiyError("speech_failed", `The text is longer than ${MAXIMUM_TEXT} characters.`);
  const sentences = sentencesOf(text).map(toAscii).filter((sentence) => /[A-Za-z0-9]/.test(sentence));
  if (sentences.length === 0 && /[\p{L}\p{N}]/u.test(text)) {
    throw new PiopiyError("speech_failed", "The text has no word in Latin letters: the voices here speak English only.");
  }
  return sentences;
}

function toAscii(sentence: string): string {
  return sentence
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/[“”]/g, '"')
    .replaceAll(/[–—]/g, ", ")
    .replaceAll("…", "...")
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\u0020-\u007e]/g, " ")
    .trim();
}

/** The thread writes into a folder of its own, which is made with it and removed with it. */
function lazyThread(clock: Clock, timeoutMs: number): SampleWorker<SpeechJob> {
  let made: Promise<{ readonly folder: string; readonly worker: SampleWorker<SpeechJob> }> | undefined;
  const make = async () => {
    const folder = await mkdtemp(join(tmpdir(), "piopiy-speech-"));
    const worker = createSampleWorker<SpeechJob>({
      url: workerUrl(import.meta.url, "speech-worker"),
      options: { workerData: folder, execArgv: ["--disable-warning=ExperimentalWarning"] },
      clock,
      timeoutMs,
      maxWaiting: MAXIMUM_WAITING,
      code: "speech_failed",
    });
    return { folder, worker };
  };
  let closed = false;
  return {
    async request(job, signal) {
      if (closed) throw new PiopiyError("speech_failed", "The server is shutting down.");
      const { worker } = await (made ??= make());
      return worker.request(job, signal);
    },
    async close() {
      closed = true;
      if (!made) return;
      const { folder, worker } = await made;
      await worker.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
