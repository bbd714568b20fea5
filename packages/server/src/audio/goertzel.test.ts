import { describe, expect, it } from "vitest";
import { concatSamples, seededIds } from "../base/index.ts";
import { g711 } from "./g711.ts";
import { audible, dominantTone, tonePower, toneSpans, tonesPresent } from "./goertzel.ts";
import { mix } from "./mix.ts";
import { dtmfFrequencies, dtmfSamples, toneSamples } from "./tone.ts";

const tone = (frequencyHz: number, durationMs = 500, level = 0.25) => toneSamples({ frequencyHz, durationMs, level });
const silence = (durationMs: number) => new Int16Array(durationMs * 8);
const candidates = [400, 600, 800, 1000, 1300, 1700];

/** Voiced speech as a vocal tract makes it: pulses at a wandering pitch through three formant resonators. */
function vowel(durationMs: number): Int16Array {
  const samples = new Float64Array(durationMs * 8);
  let phase = 0;
  for (let at = 0; at < samples.length; at++) {
    phase += (120 + 25 * Math.sin(at / 900)) / 8000;
    if (phase >= 1) [phase, samples[at]] = [phase - 1, 3000];
  }
  for (const [frequencyHz, widthHz] of [[700, 90], [1220, 110], [2600, 170]] as const) {
    const radius = Math.exp((-Math.PI * widthHz) / 8000);
    const first = 2 * radius * Math.cos((2 * Math.PI * frequencyHz) / 8000);
    for (let at = 2; at < samples.length; at++) samples[at]! += first * samples[at - 1]! - radius ** 2 * samples[at - 2]!;
  }
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Int16Array.from(samples, (value) => (12_000 * value) / peak);
}

function noise(durationMs: number): Int16Array {
  const ids = seededIds(7);
  return Int16Array.from({ length: durationMs * 8 }, () => ids.integer(16_000) - 8000);
}

describe("tonePower", () => {
  it.each([[0.25], [0.02]])("is nearly 1 for a tone through G.711 at level %f, and nearly 0 elsewhere", (level) => {
    for (const law of [g711.PCMU, g711.PCMA]) {
      const heard = law.decode(law.encode(tone(600, 500, level)));
      expect(tonePower(heard, 600)).toBeGreaterThan(0.98);
      expect(tonePower(heard, 800)).toBeLessThan(0.01);
    }
  });

  it("shares the energy between the tones of a mixture", () => {
    const mixture = mix(tone(400), tone(1000));
    expect(tonePower(mixture, 400)).toBeCloseTo(0.5, 2);
    expect(tonePower(mixture, 1000)).toBeCloseTo(0.5, 2);
  });

  it("is 0 for silence and for nothing", () => {
    expect(tonePower(silence(100), 400)).toBe(0);
    expect(tonePower(new Int16Array(0), 400)).toBe(0);
  });
});

describe("dominantTone", () => {
  const cases: readonly (readonly [string, Int16Array, number | undefined])[] = [
    ["a tone", tone(800), 800],
    ["a tone in one frame", tone(1300, 20), 1300],
    ["a quiet tone", tone(400, 500, 0.02), 400],
    ["a tone with one lost frame", concatSamples([tone(800, 200), silence(20), tone(800, 200)]), 800],
    ["silence", silence(500), undefined],
    ["idle noise", Int16Array.from({ length: 4000 }, (_, at) => (at % 2 ? 8 : -8)), undefined],
    ["a mixture", mix(tone(400), tone(1000)), undefined],
    ["another tone", tone(500), undefined],
    ["speech", vowel(1000), undefined],
    ["noise", noise(500), undefined],
  ];
  it.each(cases)("%s", (_, samples, expected) => {
    expect(dominantTone(samples, candidates)).toBe(expected);
  });
});

describe("tonesPresent", () => {
  const cases: readonly (readonly [string, Int16Array, readonly number[]])[] = [
    ["one", tone(600), [600]],
    ["two of the same level", mix(tone(600), tone(1000)), [600, 1000]],
    ["three", mix(tone(400), tone(800), tone(1700)), [400, 800, 1700]],
    ["a tone behind noise", mix(tone(600), noise(500).map((sample) => sample / 4)), [600]],
    ["silence", silence(100), []],
    ["speech", vowel(1000), []],
    ["noise", noise(500), []],
  ];
  it.each(cases)("%s", (_, samples, expected) => {
    expect(tonesPresent(samples, candidates)).toEqual(expected);
  });
});

describe("toneSpans", () => {
  it("tells when which tone was heard, whatever the frames' boundaries", () => {
    const line = concatSamples([silence(107), tone(400, 300), silence(90), tone(1000, 200), tone(600, 200), vowel(400)]);
    const spans = toneSpans(g711.PCMU.decode(g711.PCMU.encode(line)), candidates);
    expect(spans.map((span) => span.frequencyHz)).toEqual([400, 1000, 600]);
    const [first, second, third] = spans;
    expect(Math.abs(first!.fromMs - 107)).toBeLessThanOrEqual(20);
    expect(Math.abs(first!.toMs - 407)).toBeLessThanOrEqual(20);
    expect(Math.abs(second!.fromMs - 497)).toBeLessThanOrEqual(20);
    expect(Math.abs(third!.toMs - 897)).toBeLessThanOrEqual(20);
  });

  it("bridges one lost frame, and takes a beep below 60 ms for no tone", () => {
    const line = concatSamples([tone(800, 200), silence(20), tone(800, 200), silence(200), tone(800, 40), silence(100)]);
    expect(toneSpans(line, candidates)).toEqual([{ frequencyHz: 800, fromMs: 0, toMs: 420 }]);
  });

  it("finds nothing in silence, speech and noise", () => {
    expect(toneSpans(concatSamples([silence(400), vowel(2000), noise(400)]), candidates)).toEqual([]);
  });
});

describe("DTMF", () => {
  it.each("0123456789*#ABCD".split(""))("key %s carries its two tones and then a pause", (key) => {
    const [rowHz, columnHz] = dtmfFrequencies(key)!;
    const samples = dtmfSamples(key, 100, 60);
    expect(samples.length).toBe(160 * 8);
    expect(tonePower(samples.subarray(0, 800), rowHz)).toBeGreaterThan(0.45);
    expect(tonePower(samples.subarray(0, 800), columnHz)).toBeGreaterThan(0.45);
    expect(audible(samples.subarray(800))).toBe(false);
  });

  it("leaves out what is no key", () => {
    expect(dtmfFrequencies("x")).toBeUndefined();
    expect(dtmfFrequencies("12")).toBeUndefined();
    expect(dtmfSamples("1x2").length).toBe(2 * 160 * 8);
  });
});
