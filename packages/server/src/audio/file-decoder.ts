import { concatBytes, concatSamples, PiopiyError } from "../base/index.ts";
import { fileKind, type FileKind } from "./file-kind.ts";
import type { DecodedPiece, FormatReader, Pieces } from "./format-reader.ts";
import { createMp3Reader } from "./mp3.ts";
import { createOggReader } from "./ogg.ts";
import { createResampler, type Resampler } from "./resample.ts";
import { SAMPLE_RATE_HZ } from "./source.ts";
import { createWavReader } from "./wav-reader.ts";

/** Makes 8 kHz samples of a WAV, MP3 or Ogg file that comes in pieces. It takes the calling thread: use it in a worker. */
export interface FileDecoder {
  /** Takes the next bytes, at first at least as many as tell what it is. Fails with `bad_audio`. */
  push(bytes: Uint8Array): Promise<Int16Array>;
  /** What is left when the file has ended. Fails with `bad_audio` when there was nothing in it. */
  flush(): Promise<Int16Array>;
  /** The file says that it is over. */
  readonly ended: boolean;
  /** Something of it could be decoded. */
  readonly decoded: boolean;
  /** Gives up what the decoder holds. Idempotent. */
  close(): void;
}

export interface FileDecoderOptions {
  /** What it is, when that is known already; otherwise its beginning tells. */
  readonly kind?: FileKind;
  /** The longest audio that one `push` may give, in minutes; 120 unless given. */
  readonly maxMinutes?: number;
}

/** Enough to tell the kind of a file. */
const BEGINNING = 64;

const readers: Readonly<Record<FileKind, () => FormatReader | Promise<FormatReader>>> = { wav: createWavReader, mp3: createMp3Reader, ogg: createOggReader };

const names: Readonly<Record<FileKind, string>> = { wav: "WAV", mp3: "MP3", ogg: "Ogg" };

export function createFileDecoder(options: FileDecoderOptions = {}): FileDecoder {
  const { maxMinutes = 120 } = options;
  const convert = converter();
  let { kind } = options;
  let reader: FormatReader | undefined;
  let waiting: Uint8Array = new Uint8Array(0);
  let decoded = 0;
  const collect = async (pieces: Pieces): Promise<Int16Array> => {
    const parts: Int16Array[] = [];
    let samples = 0;
    for await (const piece of pieces) {
      const part = convert.push(piece);
      parts.push(part);
      samples += part.length;
      decoded += piece.samples.length;
      // A small file can hold days of silence.
      if (samples > maxMinutes * 60 * SAMPLE_RATE_HZ) throw new PiopiyError("bad_audio", `The file is longer than ${maxMinutes} min.`);
    }
    return concatSamples(parts);
  };
  return {
    async push(bytes) {
      if (reader) return await collect(reader.push(bytes));
      waiting = concatBytes([waiting, bytes]);
      if (waiting.length < BEGINNING) return new Int16Array(0);
      kind ??= fileKind(waiting);
      reader = await readers[kind]();
      return await collect(reader.push(waiting));
    },
    async flush() {
      kind ??= fileKind(waiting);
      const rest = reader ? await collect(reader.end()) : new Int16Array(0);
      if (decoded === 0) throw new PiopiyError("bad_audio", `The ${names[kind]} file has no audio that can be decoded.`);
      return concatSamples([rest, convert.flush()]);
    },
    get ended() {
      return reader?.ended ?? false;
    },
    get decoded() {
      return decoded > 0;
    },
    close() {
      reader?.close();
      reader = undefined;
    },
  };
}

/** Brings pieces of any rate, which may also change, to that of a call. */
function converter(): { push(piece: DecodedPiece): Int16Array; flush(): Int16Array } {
  let resampler: Resampler | undefined;
  let rateHz: number | undefined;
  const flush = () => resampler?.flush() ?? new Int16Array(0);
  return {
    push({ samples, sampleRateHz }) {
      if (samples.length === 0) return samples;
      const rest = sampleRateHz === rateHz ? new Int16Array(0) : flush();
      if (sampleRateHz !== rateHz) resampler = createResampler(sampleRateHz, SAMPLE_RATE_HZ);
      rateHz = sampleRateHz;
      return concatSamples([rest, resampler?.push(samples) ?? samples]);
    },
    flush,
  };
}
