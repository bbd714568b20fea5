import { SAMPLE_RATE_HZ, type AudioSource } from "./source.ts";

/** A second: long enough to be cheap to hand over, short enough not to be much when a playback ends early. */
const CHUNK_SAMPLES = SAMPLE_RATE_HZ;

/** A source that plays 8 kHz `samples` once. It may be read any number of times: the samples are shared, not copied. */
export function sourceOf(samples: Int16Array, kind: AudioSource["kind"]): AudioSource {
  const whole = samples.buffer instanceof SharedArrayBuffer ? { whole: samples } : undefined;
  return { kind, chunks: { [Symbol.asyncIterator]: () => slices(samples) }, ...whole };
}

/** A copy in memory that threads share. */
export function inSharedMemory(samples: Int16Array): Int16Array {
  const copy = new Int16Array(new SharedArrayBuffer(samples.byteLength));
  copy.set(samples);
  return copy;
}

async function* slices(samples: Int16Array): AsyncGenerator<Int16Array> {
  for (let at = 0; at < samples.length; at += CHUNK_SAMPLES) yield samples.subarray(at, at + CHUNK_SAMPLES);
}

/** Everything a source gives, in one array. `limitMs` ends an endless one. */
export async function collect(source: AudioSource, limitMs = 3_600_000): Promise<Int16Array> {
  const limit = Math.round((limitMs * SAMPLE_RATE_HZ) / 1000);
  const parts: Int16Array[] = [];
  let length = 0;
  for await (const chunk of source.chunks) {
    const part = chunk.subarray(0, limit - length);
    parts.push(part);
    length += part.length;
    if (length >= limit) break;
  }
  const whole = new Int16Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
