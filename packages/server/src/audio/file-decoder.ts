import { concatBytes, concatSamples, PiopiyError } from "../base/index.ts";
import { fileKind } from "./file-kind.ts";
import type { FormatReader } from "./format-reader.ts";
import { createMp3Reader } from "./mp3.ts";
import { createResampler, type Resampler } from "./resample.ts";
import { SAMPLE_RATE_HZ } from "./source.ts";
import { createWavReader } from "./wav-reader.ts";

/** Makes 8 kHz samples of a WAV or MP3 file that comes in pieces. It takes the calling thread: use it in a worker. */
export interface FileDecoder {
  /** Takes the next bytes, at first at least as many as tell what it is. Fails with `bad_audio`. */
  push(bytes: Uint8Array): Promise<Int16Array>;
  /** What is left when the file has ended. Fails with `bad_audio` when there was nothing in it. */
  flush(): Int16Array;
  /** Gives up what the decoder holds. Idempotent. */
  close(): void;
}

/** Enough to tell the kind of a file. */
const BEGINNING = 64;

export function createFileDecoder(): FileDecoder {
  let reader: FormatReader | undefined;
  let waiting: Uint8Array = new Uint8Array(0);
  let resampler: Resampler | undefined;
  let rateHz: number | undefined;
  let decoded = 0;
  const take = (bytes: Uint8Array): Int16Array => {
    const { samples, sampleRateHz } = reader?.push(bytes) ?? { samples: new Int16Array(0) };
    if (sampleRateHz === undefined || samples.length === 0) return new Int16Array(0);
    decoded += samples.length;
    const rest = resampler && sampleRateHz !== rateHz ? resampler.flush() : new Int16Array(0);
    if (sampleRateHz !== rateHz) resampler = createResampler(sampleRateHz, SAMPLE_RATE_HZ);
    rateHz = sampleRateHz;
    return concatSamples([rest, resampler?.push(samples) ?? samples]);
  };
  return {
    async push(bytes) {
      if (reader) return take(bytes);
      waiting = concatBytes([waiting, bytes]);
      if (waiting.length < BEGINNING) return new Int16Array(0);
      reader = fileKind(waiting) === "wav" ? createWavReader() : await createMp3Reader();
      return take(waiting);
    },
    flush() {
      if (!reader) fileKind(waiting);
      if (decoded === 0) throw new PiopiyError("bad_audio", "The file has no audio that can be decoded.");
      return resampler?.flush() ?? new Int16Array(0);
    },
    close() {
      reader?.close();
      reader = undefined;
    },
  };
}
