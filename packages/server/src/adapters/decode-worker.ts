import { parentPort } from "node:worker_threads";
import { createFileDecoder, fileKind, inSharedMemory, parseWav, resample, SAMPLE_RATE_HZ } from "../audio/index.ts";
import { concatSamples } from "../base/index.ts";
import { createReply } from "./sample-reply.ts";

async function decode(bytes: Uint8Array): Promise<Int16Array> {
  if (fileKind(bytes) === "wav") {
    const audio = parseWav(bytes);
    return resample(audio.samples, audio.sampleRateHz, SAMPLE_RATE_HZ);
  }
  const decoder = createFileDecoder();
  try {
    const samples = await decoder.push(bytes);
    return concatSamples([samples, await decoder.flush()]);
  } finally {
    decoder.close();
  }
}

const reply = createReply();

// What is decoded as a whole is kept, and played by many: all of them read the same samples.
parentPort?.on("message", (bytes: Uint8Array) => void reply(decode(bytes).then(inSharedMemory)));
