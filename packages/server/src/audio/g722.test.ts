import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pcmBytes, tonePower, toneSamples } from "./index.ts";
import { createG722Decoder, createG722Encoder } from "./g722.ts";

const encoded = (samples: Int16Array) => {
  const codes = new Uint8Array(samples.length);
  createG722Encoder().encode(samples, codes, 0);
  return codes;
};
const decoded = (codes: Uint8Array) => {
  const samples = new Int16Array(codes.length);
  createG722Decoder().decode(codes, samples);
  return samples;
};
const sine = (frequencyHz: number, level: number, count = 8000) =>
  Int16Array.from({ length: count }, (_, at) => Math.round(level * Math.sin((2 * Math.PI * frequencyHz * at) / 8000)));

/** The same everywhere: it has to give the same codes. */
function noise(level: (at: number) => number): Int16Array {
  let state = 1;
  return Int16Array.from({ length: 16_000 }, (_, at) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.trunc((state >> 16) * level(at));
  });
}
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

describe("bit for bit what another implementation makes of the same", () => {
  const cases: readonly (readonly [string, Int16Array, codes: string, samples: string])[] = [
    ["noise at full level", noise(() => 1), "3617e2abcba9bdea", "bdb65e715778bfce"],
    ["noise that is hardly there", noise(() => 0.003), "6076b0b8eea8b634", "eeb402365ace3684"],
    ["bursts", noise((at) => ((at >> 9) % 3 === 0 ? 1 : 0)), "d6493f1f4c32320d", "cf11b18712fa5c20"],
    ["the limits of 16 bits", Int16Array.from({ length: 16_000 }, (_, at) => ((at >> 5) & 1 ? 32_767 : -32_768)), "675cec67bec13be5", "ad335bc7840c6d73"],
  ];
  it.each(cases)("%s", (_, samples, codes, back) => {
    expect(digest(encoded(samples))).toBe(codes);
    expect(digest(pcmBytes(decoded(encoded(samples))))).toBe(back);
  });

  it("octets that no encoder sends", () => {
    expect(digest(pcmBytes(decoded(pcmBytes(noise(() => 1)).subarray(0, 16_000))))).toBe("0fd93f280e100646");
  });
});

describe("a tone", () => {
  it.each([200, 440, 1000, 2500, 3400])("of %i Hz comes through with little noise, as loud as it was", (frequencyHz) => {
    for (const level of [30_000, 3000]) {
      const input = sine(frequencyHz, level);
      const output = decoded(encoded(input));
      const square = (samples: Int16Array) => samples.subarray(800).reduce((sum, sample) => sum + sample * sample, 0);
      const noiseOnly = output.map((sample, at) => sample - (input[at] ?? 0));
      expect(10 * Math.log10(square(input) / square(noiseOnly))).toBeGreaterThan(30);
      expect(Math.abs(10 * Math.log10(square(output) / square(input)))).toBeLessThan(0.1);
    }
  });

  it("of a wideband encoder is heard at its frequency and level", () => {
    // 20 ms of 1000 Hz at a peak of 10 000, sampled and coded at 16 kHz.
    const codes = Buffer.from(
      "+pIjjSOToKAgsMrIztzt6et60c7R367q7vxTz5Lf8Kvw/NRQ077w7PC81VDUvvHt8f3V0pb/8u9z/5bUlv3yr/N+15XX/LLwcv7WVJa88vBy39jTmP/z8PL+1tSX+/Sv9PzX" +
        "1Jb/87Hy/tfV1/yz8vP+2NOa//SvdbrW1Zf88/Ly/drUlfzy8PH82tOY3fTudbqX1pbetPByn1rS1pz573i5VtOW2/f2dL1V0ZLd",
      "base64",
    );
    const samples = decoded(codes).subarray(40);
    expect(codes.length).toBeGreaterThan(150);
    expect(tonePower(samples, 1000)).toBeGreaterThan(0.97);
    expect(Math.abs(Math.max(...samples) - 10_000)).toBeLessThan(600);
  });
});

describe("as a stream", () => {
  it("gives the same however it is cut", () => {
    const input = toneSamples({ frequencyHz: 440, durationMs: 500 });
    const whole = encoded(input);
    const cuts = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (lengths) => {
        const encoder = createG722Encoder();
        const decoder = createG722Decoder();
        const codes = new Uint8Array(input.length);
        const samples = new Int16Array(input.length);
        for (let at = 0, index = 0; at < input.length; index++) {
          const end = Math.min(input.length, at + (lengths[index] ?? input.length));
          encoder.encode(input.subarray(at, end), codes, at);
          decoder.decode(codes.subarray(at, end), samples.subarray(at, end));
          at = end;
        }
        expect(codes).toEqual(whole);
        expect(samples).toEqual(decoded(whole));
      }),
      { seed: 722, numRuns: 20 },
    );
  });

  it("of a decoder that missed something finds back to what was sent", () => {
    const codes = encoded(sine(700, 12_000, 16_000));
    const whole = decoded(codes);
    const late = decoded(codes.subarray(4000));
    const error = late.subarray(8000).map((sample, at) => sample - (whole[12_000 + at] ?? 0));
    expect(Math.max(...error.map(Math.abs))).toBeLessThan(600);
  });

  it("leaves the higher sub-band at its least step, and is silent for silence", () => {
    const codes = encoded(sine(700, 12_000));
    expect(codes.every((code) => code >> 6 === 3)).toBe(true);
    expect(decoded(encoded(new Int16Array(1600))).every((sample) => Math.abs(sample) <= 8)).toBe(true);
  });
});
