import { sourceOf } from "./chunks.ts";
import { SAMPLE_RATE_HZ, type AudioSource } from "./source.ts";

export interface Tone {
  readonly frequencyHz: number;
  /** Absent: endless. */
  readonly durationMs?: number;
  /** Peak, as a part of full scale. */
  readonly level?: number;
}

const DEFAULT_LEVEL = 0.25;
const CHUNK_SAMPLES = SAMPLE_RATE_HZ / 10;

const samplesIn = (durationMs: number) => Math.round((durationMs * SAMPLE_RATE_HZ) / 1000);

/** `count` samples of a sine from its sample `from` on: chunks that follow each other join without a click. */
function sine(frequencyHz: number, level: number, from: number, count: number): Int16Array {
  const step = (2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ;
  return Int16Array.from({ length: count }, (_, index) => Math.round(32_767 * level * Math.sin(step * (from + index))));
}

/** A tone of a given length. */
export function toneSamples(tone: Tone & { readonly durationMs: number }): Int16Array {
  return sine(tone.frequencyHz, tone.level ?? DEFAULT_LEVEL, 0, samplesIn(tone.durationMs));
}

/** A tone to play; endless without a duration. */
export function toneSource(tone: Tone): AudioSource {
  return { kind: "tone", chunks: { [Symbol.asyncIterator]: () => toneChunks(tone) } };
}

async function* toneChunks({ frequencyHz, durationMs, level = DEFAULT_LEVEL }: Tone): AsyncGenerator<Int16Array> {
  const end = durationMs === undefined ? Infinity : samplesIn(durationMs);
  for (let at = 0; at < end; at += CHUNK_SAMPLES) yield sine(frequencyHz, level, at, Math.min(CHUNK_SAMPLES, end - at));
}

/** Silence of a given length to play. */
export const silenceSource = (durationMs: number): AudioSource => sourceOf(new Int16Array(samplesIn(durationMs)), "silence");

/** ITU-T Q.23: the row's and the column's frequency of each key. */
export const KEYS = ["123A", "456B", "789C", "*0#D"];
export const ROWS_HZ = [697, 770, 852, 941];
export const COLUMNS_HZ = [1209, 1336, 1477, 1633];

/** The two frequencies of a DTMF key; `undefined` for what is no key. */
export function dtmfFrequencies(key: string): readonly [rowHz: number, columnHz: number] | undefined {
  const row = KEYS.findIndex((keys) => keys.includes(key));
  const rowHz = ROWS_HZ[row];
  const columnHz = COLUMNS_HZ[KEYS[row]?.indexOf(key) ?? -1];
  return rowHz === undefined || columnHz === undefined || key.length !== 1 ? undefined : [rowHz, columnHz];
}

/** In-band DTMF: each key for `toneMs`, followed by `pauseMs` of silence. What is no key is left out. */
export function dtmfSamples(keys: string, toneMs = 100, pauseMs = 60): Int16Array {
  const tones = keys.split("").flatMap((key) => dtmfFrequencies(key) ?? []);
  const each = samplesIn(toneMs) + samplesIn(pauseMs);
  const samples = new Int16Array((tones.length / 2) * each);
  for (let key = 0; key < tones.length / 2; key++) {
    for (const frequencyHz of tones.slice(key * 2, key * 2 + 2)) {
      const tone = sine(frequencyHz, DEFAULT_LEVEL, 0, samplesIn(toneMs));
      tone.forEach((sample, index) => (samples[key * each + index] = (samples[key * each + index] ?? 0) + sample));
    }
  }
  return samples;
}
