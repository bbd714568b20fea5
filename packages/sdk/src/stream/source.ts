import { readFile } from "node:fs/promises";
import { PiopiyValidationError } from "../errors.ts";
import { samplesOf } from "./framing.ts";
import { durationMsOf, formOf, wavOf, type FileForm } from "./sniff.ts";

/** Samples per second of the audio on a stream. */
export type SampleRate = 8000 | 16000;

/**
 * What can be played: 16 bit samples, whole or as they are made; the bytes of a WAV, MP3 or Ogg file; or where such a
 * file lies: a path, or a `file:` URL.
 */
export type Playable = Int16Array | AsyncIterable<Int16Array> | Uint8Array | string | URL;

/** The same, ready to be sent. */
export type Source =
  | { readonly kind: "samples"; readonly sampleRate: SampleRate; readonly samples: AsyncIterable<Int16Array> }
  | { readonly kind: "file"; readonly form: FileForm; readonly bytes: Uint8Array; readonly durationMs: number };

const accepted = "audio must be an Int16Array of samples, an async iterable of them, the bytes of a WAV, MP3 or Ogg file, or the path or file: URL of one.";

/** Reads what is to be played. `sampleRate`: of samples, which do not say it themselves. Throws PiopiyValidationError. */
export async function sourceOf(audio: Playable, sampleRate: SampleRate): Promise<Source> {
  if (audio instanceof Int16Array) return { kind: "samples", sampleRate, samples: once(audio) };
  if (audio instanceof Uint8Array) return fileSource(audio);
  if (typeof audio === "string" || audio instanceof URL) return fileSource(await fileAt(audio));
  if (isAsyncIterable(audio)) return { kind: "samples", sampleRate, samples: audio };
  throw new PiopiyValidationError("audio", accepted);
}

function fileSource(bytes: Uint8Array): Source {
  const form = formOf(bytes);
  if (form === undefined) {
    throw new PiopiyValidationError("audio", "audio is neither a WAV, an MP3 nor an Ogg file. Samples are played as an Int16Array.");
  }
  const wav = form === "wav" ? wavOf(bytes) : undefined;
  // What needs no decoding is sent as samples: of any length, and heard from its first moment.
  if (wav?.linear16 && wav.channels === 1 && (wav.sampleRate === 8000 || wav.sampleRate === 16_000)) {
    return { kind: "samples", sampleRate: wav.sampleRate, samples: once(samplesOf(wav.data)) };
  }
  return { kind: "file", form, bytes, durationMs: durationMsOf(bytes, form) };
}

async function fileAt(where: string | URL): Promise<Uint8Array> {
  const url = where instanceof URL ? where : /^[a-z][a-z\d+.-]+:\/\//i.test(where) && URL.canParse(where) ? new URL(where) : undefined;
  if (url && url.protocol !== "file:") throw new PiopiyValidationError("audio", "audio must be on this machine: fetch it, and play the bytes.");
  try {
    return await readFile(url ?? where);
  } catch (cause) {
    throw new PiopiyValidationError("audio", "audio cannot be read: there is no such file, or it may not be read.", [], { cause });
  }
}

async function* once(samples: Int16Array): AsyncGenerator<Int16Array> {
  yield samples;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<Int16Array> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * The samples in pieces of at most `pieceMs`, until `signal` aborts: then it ends at once, also when the iterable makes
 * no more, and tells the iterable to.
 */
export async function* piecesOf({ samples, sampleRate }: Extract<Source, { kind: "samples" }>, pieceMs: number, signal: AbortSignal): AsyncGenerator<Int16Array> {
  const size = (sampleRate / 1000) * pieceMs;
  const iterator = samples[Symbol.asyncIterator]();
  let finished = false;
  try {
    while (!signal.aborted) {
      const next = await unlessAborted(iterator.next(), signal);
      finished = next === undefined ? false : next.done === true;
      if (next === undefined || next.done) return;
      checkPiece(next.value);
      for (let at = 0; at < next.value.length; at += size) yield next.value.subarray(at, at + size);
    }
  } catch (error) {
    finished = !(error instanceof PiopiyValidationError);
    throw error;
  } finally {
    // Not awaited: a generator finishes only after what it is waiting for. That it fails then is of no interest any more.
    if (!finished) Promise.resolve(iterator.return?.()).then(undefined, () => undefined);
  }
}

function checkPiece(piece: unknown): void {
  if (piece instanceof Int16Array) return;
  throw new PiopiyValidationError("audio", "audio must yield samples as Int16Array.");
}

/** The result, or undefined as soon as `signal` aborts. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const aborted = () => resolve(undefined);
    signal.addEventListener("abort", aborted, { once: true });
    const release = () => signal.removeEventListener("abort", aborted);
    work.then(
      (value) => {
        release();
        resolve(value);
      },
      (error: unknown) => {
        release();
        reject(error);
      },
    );
  });
}
