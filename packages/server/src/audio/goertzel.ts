import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ } from "./source.ts";

/** Longer audio is measured in blocks of 100 ms and summed: a lost frame or a jump of phase spoils one block only. */
const BLOCK_SAMPLES = SAMPLE_RATE_HZ / 10;
/** Below -46 dBFS (RMS) there is nothing to hear: idle noise of G.711 and comfort noise. */
const AUDIBLE_RMS = 165;
/** A tone alone keeps > 0.99 of its energy in its bin after G.711; vowels spread theirs over harmonics. */
const DOMINANT_SHARE = 0.8;
const PRESENT_SHARE = 0.1;
/** A vowel can look like a tone for a moment, not for this long. */
const MINIMUM_SPANS = 3;

/** The Goertzel algorithm: twice the squared magnitude at one frequency over the length, an energy like `energyOf`. */
function energyAt(samples: Int16Array, frequencyHz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ);
  let last = 0;
  let before = 0;
  for (const sample of samples) {
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
  }
  return (2 * (last * last + before * before - coefficient * last * before)) / samples.length;
}

function energyOf(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy;
}

/**
 * Which part of the energy of 8 kHz `samples` lies at one frequency: 0 (nothing, or silence) to 1 (only this tone).
 * Two tones of the same level have 0.5 each. Tells tones apart that differ by 1000 / length in ms, at best by 10 Hz.
 */
export function tonePower(samples: Int16Array, frequencyHz: number): number {
  let total = 0;
  let tone = 0;
  for (let at = 0; at < samples.length; at += BLOCK_SAMPLES) {
    const block = samples.subarray(at, at + BLOCK_SAMPLES);
    const energy = energyOf(block);
    total += energy;
    tone += Math.min(energy, energyAt(block, frequencyHz));
  }
  return total === 0 ? 0 : tone / total;
}

/** Whether there is anything to hear at all. */
export function audible(samples: Int16Array): boolean {
  return samples.length > 0 && energyOf(samples) / samples.length >= AUDIBLE_RMS * AUDIBLE_RMS;
}

/** The one tone of `candidates` that the samples consist of; `undefined` for silence, speech, noise and mixtures. */
export function dominantTone(samples: Int16Array, candidates: readonly number[]): number | undefined {
  if (!audible(samples)) return undefined;
  return candidates.find((frequencyHz) => tonePower(samples, frequencyHz) >= DOMINANT_SHARE);
}

/** Every tone of `candidates` that is in the samples, among others or alone: who is heard in a mixture. */
export function tonesPresent(samples: Int16Array, candidates: readonly number[]): readonly number[] {
  if (!audible(samples)) return [];
  return candidates.filter((frequencyHz) => tonePower(samples, frequencyHz) >= PRESENT_SHARE);
}

export interface ToneSpan {
  readonly frequencyHz: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * When which tone of `candidates` (at least 50 Hz apart) was heard alone, in steps of 20 ms. One step in which a tone
 * cannot be told (it began in the middle, a packet was lost) does not split its span; spans below 60 ms are no tone.
 */
export function toneSpans(samples: Int16Array, candidates: readonly number[]): readonly ToneSpan[] {
  const spans: ToneSpan[] = [];
  for (let at = 0; at + FRAME_SAMPLES <= samples.length; at += FRAME_SAMPLES) {
    const frequencyHz = dominantTone(samples.subarray(at, at + FRAME_SAMPLES), candidates);
    if (frequencyHz === undefined) continue;
    const fromMs = (at / FRAME_SAMPLES) * FRAME_MS;
    const toMs = fromMs + FRAME_MS;
    const last = spans.at(-1);
    if (last?.frequencyHz === frequencyHz && fromMs - last.toMs <= FRAME_MS) spans[spans.length - 1] = { ...last, toMs };
    else spans.push({ frequencyHz, fromMs, toMs });
  }
  return spans.filter((span) => span.toMs - span.fromMs >= MINIMUM_SPANS * FRAME_MS);
}
