import type { Resampler } from "./resampler.ts";
import { filterHalf, windowedSinc } from "./windowed-sinc.ts";

/**
 * Twice the rate and half of it: what wideband streams need all the time, so it is made cheap. Both filters are
 * symmetrical, so that two samples share a coefficient.
 */

/**
 * Doubling: a half-band filter, whose every other coefficient is zero. What came stays as it is, and between two
 * samples comes what it gives. Its transition is symmetrical around the old Nyquist frequency: 3400 to 4600 Hz for 8 kHz.
 */
const DOUBLING_HALF = filterHalf(0.15);
const doubling = normalised(Float64Array.from({ length: DOUBLING_HALF }, (_, tap) => windowedSinc(tap + 0.5, 0.5, DOUBLING_HALF)), 0);

/** Halving: nothing may fold back, so that the transition ends at the new Nyquist frequency: 3400 to 4000 Hz for 16 kHz. */
const HALVING_HALF = filterHalf(0.0375);
const halving = normalised(Float64Array.from({ length: HALVING_HALF }, (_, tap) => windowedSinc(tap, 0.23125, HALVING_HALF)), 1);

/** The gain at 0 Hz is 1; the first `single` coefficients are used once, the others on both sides. */
function normalised(taps: Float64Array, single: number): Float64Array {
  const gain = taps.reduce((sum, tap, index) => sum + (index < single ? tap : 2 * tap), 0);
  return taps.map((tap) => tap / gain);
}

export function createDoubler(): Resampler {
  const window = createWindow(DOUBLING_HALF - 1);
  const run = (): Int16Array => {
    const { samples } = window;
    const count = Math.max(0, window.ready - DOUBLING_HALF);
    const output = new Int16Array(2 * count);
    for (let index = 0; index < count; index++) {
      const at = window.behind + index;
      let sum = 0;
      for (let tap = 0; tap < DOUBLING_HALF; tap++) sum += (doubling[tap] ?? 0) * ((samples[at - tap] ?? 0) + (samples[at + 1 + tap] ?? 0));
      output[2 * index] = samples[at] ?? 0;
      output[2 * index + 1] = clipped(sum);
    }
    window.move(count);
    return output;
  };
  return resamplerOf(window, DOUBLING_HALF, run);
}

export function createHalver(): Resampler {
  const window = createWindow(HALVING_HALF - 1);
  const run = (): Int16Array => {
    const { samples } = window;
    const count = Math.max(0, Math.ceil((window.ready - HALVING_HALF + 1) / 2));
    const output = new Int16Array(count);
    for (let index = 0; index < count; index++) {
      const at = window.behind + 2 * index;
      let sum = (halving[0] ?? 0) * (samples[at] ?? 0);
      for (let tap = 1; tap < HALVING_HALF; tap++) sum += (halving[tap] ?? 0) * ((samples[at - tap] ?? 0) + (samples[at + tap] ?? 0));
      output[index] = clipped(sum);
    }
    window.move(2 * count);
    return output;
  };
  return resamplerOf(window, HALVING_HALF - 1, run);
}

function resamplerOf(window: Window, ahead: number, run: () => Int16Array): Resampler {
  return {
    push(samples) {
      window.add(samples);
      return run();
    },
    flush() {
      window.add(new Int16Array(ahead));
      return run();
    },
  };
}

const clipped = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)));

/** The input around the sample that is worked at. */
interface Window {
  readonly samples: Float64Array;
  /** Where that sample is: so many before it are kept. */
  readonly behind: number;
  /** How many there are from that sample on; fewer than none, when it has yet to come. */
  readonly ready: number;
  add(samples: Int16Array): void;
  /** Goes on by so many samples. */
  move(count: number): void;
}

/** It begins with the silence before the first sample. */
function createWindow(behind: number): Window {
  let samples = new Float64Array(1024);
  let length = behind;
  /** What is left out as soon as it comes. */
  let owed = 0;
  const settle = () => {
    const out = Math.min(owed, length);
    samples.copyWithin(0, out, length);
    length -= out;
    owed -= out;
  };
  return {
    get samples() {
      return samples;
    },
    behind,
    get ready() {
      return length - behind - owed;
    },
    add(added) {
      if (length + added.length > samples.length) {
        const larger = new Float64Array((length + added.length) * 2);
        larger.set(samples.subarray(0, length));
        samples = larger;
      }
      samples.set(added, length);
      length += added.length;
      settle();
    },
    move(count) {
      owed += count;
      settle();
    },
  };
}
