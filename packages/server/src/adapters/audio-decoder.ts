import { workerUrl, type Clock } from "../base/index.ts";
import { wholeBuffer } from "./sample-reply.ts";
import { createSampleWorker } from "./sample-worker.ts";

/** Makes 8 kHz samples of WAV, MP3 and Ogg files, in a thread of its own: seconds of work that no call waits for. */
export interface AudioDecoder {
  /** Takes the bytes over when they are a whole buffer. Fails with `bad_audio`. */
  decode(bytes: Uint8Array, signal: AbortSignal): Promise<Int16Array>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
const MAXIMUM_WAITING = 64;

/** The thread starts with the first file. */
export function createAudioDecoder(clock: Clock): AudioDecoder {
  const worker = createSampleWorker<Uint8Array>(
    { url: workerUrl(import.meta.url, "decode-worker"), clock, timeoutMs: TIMEOUT_MS, maxWaiting: MAXIMUM_WAITING, code: "bad_audio" },
    wholeBuffer,
  );
  return { decode: (bytes, signal) => worker.request(bytes, signal), close: () => worker.close() };
}
