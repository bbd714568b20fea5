import { createResampler, type Resampler } from "../../audio/index.ts";

/**
 * Converts a stream while it is being said: every push gives as much time as it takes. The few milliseconds that the
 * filter looks ahead are silence at the beginning, instead of a portion that is always too short.
 */
export function createLiveResampler(fromHz: number, toHz: number): Resampler {
  const resampler = createResampler(fromHz, toHz);
  let taken = 0;
  let given = 0;
  let begun = fromHz === toHz;
  return {
    push(samples) {
      const converted = resampler.push(samples);
      if (begun) return converted;
      begun = converted.length > 0;
      taken += samples.length;
      const whole = new Int16Array(Math.max(converted.length, Math.floor((taken * toHz) / fromHz) - given));
      given += whole.length;
      whole.set(converted, whole.length - converted.length);
      return whole;
    },
    flush: () => resampler.flush(),
  };
}
