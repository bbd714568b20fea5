import { createDoubler, createHalver } from "./resample-by-two.ts";
import type { Resampler } from "./resampler.ts";
import { filterHalf, windowedSinc } from "./windowed-sinc.ts";

export type { Resampler };

interface FilterBank {
  readonly phases: number;
  /** Taps of each phase; always even. */
  readonly taps: number;
  readonly coefficients: Float32Array;
}

/** The transition ends at the lower of the two Nyquist frequencies and takes this part of it: 3400 to 4000 Hz at 8 kHz. */
const TRANSITION = 0.15;
/** Rates with a common divisor too small would need thousands of phases; the nearest of 512 errs below -60 dB. */
const MAXIMUM_PHASES = 512;

const banks = new Map<string, FilterBank>();
const MAXIMUM_BANKS = 32;

/** A resampler between two rates in Hz. Equal rates pass through. */
export function createResampler(fromHz: number, toHz: number): Resampler {
  if (fromHz === toHz) return { push: (samples) => samples, flush: () => new Int16Array(0) };
  if (toHz === 2 * fromHz) return createDoubler();
  if (fromHz === 2 * toHz) return createHalver();
  const divisor = greatestCommonDivisor(fromHz, toHz);
  return polyphase(bankFor(fromHz / divisor, toHz / divisor), fromHz / divisor, toHz / divisor);
}

/** Resamples everything at once. */
export function resample(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples;
  const resampler = createResampler(fromHz, toHz);
  const body = resampler.push(samples);
  const tail = resampler.flush();
  const whole = new Int16Array(body.length + tail.length);
  whole.set(body);
  whole.set(tail, body.length);
  return whole;
}

/**
 * Output sample k lies at input time k * down / up; its value is the input around that time, weighted by the filter
 * phase of the fraction (Crochiere and Rabiner, polyphase structure).
 */
function polyphase(bank: FilterBank, down: number, up: number): Resampler {
  const half = bank.taps / 2;
  // Input not yet passed by; it begins with the silence before the first sample.
  let pending = new Float32Array(half - 1);
  let fraction = 0;
  const run = (added: Int16Array | Float32Array): Int16Array => {
    const input = new Float32Array(pending.length + added.length);
    input.set(pending);
    input.set(added, pending.length);
    const output = new Int16Array(Math.max(0, Math.ceil(((input.length - bank.taps + 1) * up - fraction) / down)));
    let at = 0;
    for (let index = 0; index < output.length; index++) {
      output[index] = convolve(bank, input, at, Math.floor((fraction * bank.phases) / up));
      fraction += down;
      at += Math.floor(fraction / up);
      fraction %= up;
    }
    // When going down in rate, the next output may lie beyond what is here.
    const skip = Math.min(at, input.length);
    pending = input.slice(skip);
    fraction += (at - skip) * up;
    return output;
  };
  return { push: run, flush: () => run(new Float32Array(half)) };
}

function convolve(bank: FilterBank, input: Float32Array, at: number, phase: number): number {
  const first = phase * bank.taps;
  let sum = 0;
  for (let tap = 0; tap < bank.taps; tap++) sum += (bank.coefficients[first + tap] ?? 0) * (input[at + tap] ?? 0);
  return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
}

function bankFor(down: number, up: number): FilterBank {
  const key = `${down}/${up}`;
  const known = banks.get(key);
  if (known) return known;
  const bank = design(down, up);
  // Real files have a handful of rates; a flood of odd ones must not grow without end.
  if (banks.size >= MAXIMUM_BANKS) banks.clear();
  banks.set(key, bank);
  return bank;
}

/** A windowed sinc (Kaiser), sampled at every phase; frequencies are in parts of the input rate. */
function design(down: number, up: number): FilterBank {
  const nyquist = Math.min(1, up / down) / 2;
  const width = nyquist * TRANSITION;
  const cutoff = nyquist - width / 2;
  const half = filterHalf(width);
  const phases = Math.min(up, MAXIMUM_PHASES);
  const taps = half * 2;
  const coefficients = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const weights = Array.from({ length: taps }, (_, tap) => {
      const distance = tap - (half - 1) - phase / phases;
      return windowedSinc(distance, cutoff, half);
    });
    // Every phase has the same gain at 0 Hz: no ripple at the rate of the phases.
    const gain = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, tap) => (coefficients[phase * taps + tap] = weight / gain));
  }
  return { phases, taps, coefficients };
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));
