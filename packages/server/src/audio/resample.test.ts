import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatSamples } from "../base/index.ts";
import { createResampler, resample } from "./resample.ts";

const sine = (frequencyHz: number, rateHz: number, count: number, level = 16_000) =>
  Int16Array.from({ length: count }, (_, at) => Math.round(level * Math.sin((2 * Math.PI * frequencyHz * at) / rateHz)));
const rms = (samples: Int16Array) => Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
const decibels = (ratio: number) => 20 * Math.log10(ratio);
/** Without the beginning and the end, where a tone switches on and off. */
const middle = (samples: Int16Array) => samples.subarray(samples.length >> 2, (samples.length * 3) >> 2);

const rates = [11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 12_345];

describe("down to 8 kHz", () => {
  it.each(rates)("%i Hz keeps what a telephone carries: ripple below 0.1 dB, in phase", (fromHz) => {
    for (const frequencyHz of [200, 1000, 2000, 3000, 3300]) {
      const output = resample(sine(frequencyHz, fromHz, fromHz / 2), fromHz, 8000);
      const expected = sine(frequencyHz, 8000, output.length);
      expect(Math.abs(decibels(rms(middle(output)) / rms(middle(expected))))).toBeLessThan(0.1);
      const error = output.map((sample, at) => sample - expected[at]!);
      expect(decibels(rms(middle(error)) / rms(middle(expected)))).toBeLessThan(-38);
    }
  });

  it.each(rates)("%i Hz keeps out what would fold back: more than 50 dB down", (fromHz) => {
    for (const frequencyHz of [4050, 4700, 5200, 7000, 9500, 15_000, 21_000].filter((hz) => hz < fromHz / 2)) {
      const input = sine(frequencyHz, fromHz, fromHz / 2);
      expect(decibels(rms(middle(resample(input, fromHz, 8000))) / rms(input))).toBeLessThan(-50);
    }
  });
});

describe("up from 8 kHz", () => {
  it.each([16_000, 44_100, 48_000])("to %i Hz without mirror images", (toHz) => {
    for (const frequencyHz of [300, 1000, 3000, 3300]) {
      const output = resample(sine(frequencyHz, 8000, 4000), 8000, toHz);
      const error = output.map((sample, at) => sample - Math.round(16_000 * Math.sin((2 * Math.PI * frequencyHz * at) / toHz)));
      expect(decibels(rms(middle(error)) / 11_313)).toBeLessThan(frequencyHz > 3000 ? -38 : -50);
    }
  });
});

describe("as a stream", () => {
  it.each([[44_100, 8000], [8000, 16_000], [16_000, 8000]])("%i to %i gives the same however the input is cut", (from, to) => {
    const input = sine(440, from, 8001);
    const whole = resample(input, from, to);
    const cuts = fc.array(fc.integer({ min: 0, max: 1200 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(cuts, (lengths) => {
        const resampler = createResampler(from, to);
        const parts: Int16Array[] = [];
        let at = 0;
        for (const length of lengths) {
          parts.push(resampler.push(input.subarray(at, at + length)));
          at += length;
        }
        parts.push(resampler.push(input.subarray(at)), resampler.flush());
        expect(concatSamples(parts)).toEqual(whole);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  it("keeps what was there when it doubles the rate", () => {
    const input = sine(1234, 8000, 999);
    expect(resample(input, 8000, 16_000).filter((_, at) => at % 2 === 0)).toEqual(input);
  });

  it.each([[44_100, 8000], [16_000, 8000], [8000, 16_000], [8000, 48_000], [11_025, 8000]])("%i to %i keeps the duration", (from, to) => {
    for (const length of [1, 7, 160, 4410]) {
      expect(resample(new Int16Array(length), from, to).length).toBe(Math.ceil((length * to) / from));
    }
  });

  it("clips instead of wrapping", () => {
    const square = Int16Array.from({ length: 1600 }, (_, at) => (at % 160 < 80 ? 32_767 : -32_768));
    const output = middle(resample(square, 16_000, 8000));
    // Where the input stays at the limit the output must too: a wrapped value would have the other sign.
    expect(output.filter((sample) => sample > 30_000).length).toBeGreaterThan(output.length / 3);
    expect(Math.max(...output)).toBe(32_767);
  });

  it("passes equal rates through", () => {
    const samples = sine(440, 8000, 160);
    expect(resample(samples, 8000, 8000)).toBe(samples);
    expect(createResampler(8000, 8000).push(samples)).toBe(samples);
  });
});
