import { parentPort } from "node:worker_threads";
import { decodeMp3, looksLikeMp3, looksLikeWav, parseWav, resample, SAMPLE_RATE_HZ } from "../audio/index.ts";
import { messageOf, PiopiyError } from "../base/index.ts";
import type { SampleReply } from "./sample-worker.ts";

/** How well-known things begin that are sent by mistake. */
const others: readonly (readonly [beginning: string, name: string])[] = [
  ["OggS", "an Ogg file"],
  ["fLaC", "a FLAC file"],
  ["\u001aE\u00df\u00a3", "a WebM or Matroska file"],
  ["<", "an HTML or XML page"],
  ["{", "JSON"],
  ["FORM", "an AIFF file"],
  ["#!AMR", "an AMR file"],
];

async function decode(bytes: Uint8Array): Promise<Int16Array> {
  if (bytes.length === 0) throw new PiopiyError("bad_audio", "The file is empty; WAV and MP3 are played.");
  // By content: names and content types of media files are wrong too often.
  const wav = looksLikeWav(bytes);
  if (!wav && !looksLikeMp3(bytes)) throw new PiopiyError("bad_audio", `The file is ${kindOf(bytes)}; WAV and MP3 are played.`);
  const audio = wav ? parseWav(bytes) : await decodeMp3(bytes);
  return resample(audio.samples, audio.sampleRateHz, SAMPLE_RATE_HZ);
}

function kindOf(bytes: Uint8Array): string {
  const beginning = String.fromCharCode(...bytes.subarray(0, 16));
  const known = others.find(([mark]) => beginning.trimStart().startsWith(mark));
  return known?.[1] ?? (beginning.slice(4, 8) === "ftyp" ? "an MP4 file" : "neither WAV nor MP3");
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
