import { parentPort } from "node:worker_threads";
import { decodeMp3, fileKind, parseWav, resample, SAMPLE_RATE_HZ } from "../audio/index.ts";
import { messageOf, PiopiyError } from "../base/index.ts";
import type { SampleReply } from "./sample-worker.ts";

async function decode(bytes: Uint8Array): Promise<Int16Array> {
  const audio = fileKind(bytes) === "wav" ? parseWav(bytes) : await decodeMp3(bytes);
  return resample(audio.samples, audio.sampleRateHz, SAMPLE_RATE_HZ);
}

async function reply(message: unknown): Promise<SampleReply> {
  try {
    if (!(message instanceof Uint8Array)) return { ok: false, why: "There is nothing to decode." };
    return { ok: true, samples: await decode(message) };
  } catch (failure) {
    // A decoder may fail on bytes in ways of its own; what it says is about the format.
    return { ok: false, why: failure instanceof PiopiyError ? failure.message : `The file cannot be decoded: ${messageOf(failure)}` };
  }
}

parentPort?.on("message", (message: unknown) => {
  const answer = async () => {
    const result = await reply(message);
    parentPort?.postMessage(result, result.ok ? transferable(result.samples) : []);
  };
  void answer();
});

/** Only a whole buffer can be handed over. */
function transferable(samples: Int16Array): readonly ArrayBuffer[] {
  const { buffer } = samples;
  return buffer instanceof ArrayBuffer && buffer.byteLength === samples.byteLength ? [buffer] : [];
}
