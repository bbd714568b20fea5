import { describe, expect, it } from "vitest";
import { concatSamples } from "../base/index.ts";
import { createDtmfDetector, dtmfSamples, g711, mix, SAMPLE_RATE_HZ } from "./index.ts";

const ALL = "1234567890*#ABCD";

interface Press {
  readonly row?: number;
  readonly column?: number;
  readonly ms?: number;
  /** Peaks. */
  readonly low?: number;
  readonly high?: number;
}

/** Key 5, unless something about it is not as it should be. */
function press({ row = 770, column = 1336, ms = 60, low = 6000, high = 6000 }: Press = {}): Int16Array {
  const sine = (frequencyHz: number, at: number) => Math.sin((2 * Math.PI * frequencyHz * at) / SAMPLE_RATE_HZ);
  return Int16Array.from({ length: ms * 8 }, (_, at) => low * sine(row, at) + high * sine(column, at + 3));
}
const silence = (ms: number) => new Int16Array(ms * 8);

/** The same in every run. */
function noise(ms: number, rms: number, seed = 1): Int16Array {
  let state = seed;
  return Int16Array.from({ length: ms * 8 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.round((state / 0x4000_0000 - 1) * rms * Math.sqrt(3));
  });
}

/** The keys found, in frames of 20 ms that went through µ-law. */
function keys(...parts: readonly Int16Array[]): string {
  return detected(...parts).map(({ digit }) => digit).join("");
}
function detected(...parts: readonly Int16Array[]) {
  const heard = g711.PCMU.decode(g711.PCMU.encode(concatSamples([...parts, silence(100)])));
  const detector = createDtmfDetector();
  return Array.from({ length: Math.floor(heard.length / 160) }, (_, frame) => detector.push(heard.subarray(frame * 160, frame * 160 + 160))).flat();
}

describe("in-band DTMF", () => {
  it.each([[40, 40], [50, 50], [100, 60], [250, 100]])("of %i ms with pauses of %i ms is heard, every key", (toneMs, pauseMs) => {
    expect(keys(silence(33), dtmfSamples(ALL, toneMs, pauseMs))).toBe(ALL);
  });

  it("is heard wherever it begins within a frame", () => {
    for (let offset = 0; offset < 160; offset += 7) expect(keys(new Int16Array(offset), press({ ms: 40 }))).toBe("5");
  });

  // Q.24: what must be taken, and what must not.
  it.each<[string, Press, string]>([
    ["1.5 % too high", { row: 770 * 1.015, column: 1336 * 1.015 }, "5"],
    ["1.5 % too low", { row: 770 * 0.985, column: 1336 * 0.985 }, "5"],
    ["3.5 % too high", { row: 770 * 1.035, column: 1336 * 1.035, ms: 200 }, ""],
    ["the upper tone 7 dB weaker", { low: 8000, high: 8000 * 0.447 }, "5"],
    ["the upper tone 10 dB weaker", { low: 8000, high: 8000 * 0.316 }, ""],
    ["the upper tone 3 dB stronger", { low: 5000, high: 7060 }, "5"],
    ["the upper tone 6 dB stronger", { low: 4000, high: 8000 }, ""],
    ["quiet, -30 dBFS each", { low: 1036, high: 1036 }, "5"],
    ["below what a phone sends", { low: 200, high: 200 }, ""],
    ["20 ms long", { ms: 20 }, ""],
    ["one tone alone", { low: 0 }, ""],
    ["as loud as can be", { low: 16_000, high: 16_000 }, "5"],
  ])("that is %s", (_, how, expected) => expect(keys(silence(20), press(how))).toBe(expected));

  it("is one key however long it is pressed, and also when a packet of it is lost", () => {
    expect(detected(press({ ms: 5000 }))).toEqual([{ digit: "5", durationMs: expect.closeTo(5000, -2) }]);
    const holed = press({ ms: 400 });
    holed.fill(0, 1600, 1760);
    expect(detected(holed)).toEqual([{ digit: "5", durationMs: expect.closeTo(400, -1.5) }]);
  });

  it("is two keys with a pause, and with another key right after it", () => {
    expect(keys(press(), silence(40), press())).toBe("55");
    expect(keys(press(), press({ row: 941 }))).toBe("50");
  });

  it("is heard in the noise of a line", () => {
    expect(keys(mix(dtmfSamples(ALL, 60, 60), noise(16 * 120, 700)))).toBe(ALL);
  });

  it("is told when the key is released", () => {
    const detector = createDtmfDetector();
    expect(detector.push(press({ ms: 100 }))).toEqual([]);
    expect(detector.push(silence(20))).toEqual([]);
    expect(detector.push(silence(30))).toMatchObject([{ digit: "5" }]);
    expect(detector.push(silence(1000))).toEqual([]);
  });
});

describe("what is no DTMF", () => {
  /** Voices: harmonics of a gliding pitch, shaped by formants that move. */
  function voice(ms: number, pitchHz: number): Int16Array {
    let phase = 0;
    return Int16Array.from({ length: ms * 8 }, (_, at) => {
      const seconds = at / SAMPLE_RATE_HZ;
      const pitch = pitchHz * (1 + 0.2 * Math.sin(2 * Math.PI * 0.7 * seconds));
      phase += (2 * Math.PI * pitch) / SAMPLE_RATE_HZ;
      const formants = [600 + 200 * Math.sin(3 * seconds), 1400 + 400 * Math.sin(2 * seconds + 1)];
      let sum = 0;
      for (let harmonic = 1; harmonic * pitch < 3400; harmonic++) {
        const gain = Math.max(...formants.map((formant) => Math.exp(-(((harmonic * pitch - formant) / 180) ** 2)))) + (harmonic === 1 ? 0.5 : 0.1);
        sum += gain * Math.sin(harmonic * phase);
      }
      return Math.round(sum * 3000);
    });
  }

  it.each([90, 120, 155, 190, 230, 290, 350])("a voice of %i Hz", (pitchHz) => expect(keys(voice(20_000, pitchHz))).toBe(""));
  it.each([1, 2, 3])("noise %i", (seed) => expect(keys(noise(20_000, 5000, seed))).toBe(""));
  it("ringback, and chords near its frequencies", () => {
    const chord = (...tones: readonly number[]) => mix(...tones.map((row) => press({ row, low: 4000, high: 0, ms: 1000 })));
    expect(keys(chord(440, 480), chord(659, 784, 988), chord(740, 1245, 1480), chord(698, 1397))).toBe("");
  });
});
