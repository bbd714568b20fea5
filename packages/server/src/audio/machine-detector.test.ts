import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatSamples, seededIds } from "../base/index.ts";
import { createMachineDetector, g711, toneSamples, type MachineDetection } from "./index.ts";

const silence = (durationMs: number) => new Int16Array(durationMs * 8);
const beep = (frequencyHz = 1000, durationMs = 400) => toneSamples({ frequencyHz, durationMs });

/** Something like speech: harmonics of a voice that rises and falls, in syllables, with noise for what is no vowel. */
function speech(durationMs: number, pitchHz = 130, seed = 1): Int16Array {
  const ids = seededIds(seed);
  let phase = 0;
  return Int16Array.from({ length: durationMs * 8 }, (_, at) => {
    const seconds = at / 8000;
    phase += (2 * Math.PI * (pitchHz + 15 * Math.sin(2 * Math.PI * 2.3 * seconds))) / 8000;
    const syllable = 0.35 + 0.65 * Math.abs(Math.sin(2 * Math.PI * 2 * seconds));
    const vowel = [1, 0.7, 0.9, 0.8, 0.5, 0.3].reduce((sum, weight, index) => sum + weight * Math.sin(phase * (index + 1)), 0);
    return Math.round(syllable * (1800 * vowel + ids.integer(800) - 400));
  });
}

/** As it comes over a telephone line. */
function detect(...parts: readonly Int16Array[]) {
  const said = concatSamples(parts);
  const heard = g711.PCMA.decode(g711.PCMA.encode(said));
  const detector = createMachineDetector();
  const told: MachineDetection[] = [];
  for (let at = 0; at + 160 <= heard.length; at += 160) {
    const detection = detector.push(heard.subarray(at, at + 160));
    if (detection) told.push(detection);
  }
  return { told, results: told.map(({ result, beep }) => `${result}${beep ? " beep" : ""}`), done: detector.done };
}

describe("who has answered", () => {
  it.each<readonly [string, readonly Int16Array[], readonly string[]]>([
    ["a short hello, and waiting", [silence(400), speech(600), silence(1500)], ["human"]],
    ["a hello at once", [speech(500), silence(1500)], ["human"]],
    ["a name in two parts", [silence(300), speech(700), silence(300), speech(700), silence(1500)], ["human"]],
    ["a text that is read", [silence(500), speech(5000), silence(2000)], ["machine"]],
    ["a text with breaths between", [silence(500), speech(1200), silence(400), speech(1500), silence(400), speech(1500)], ["machine"]],
    ["a text, then a tone", [silence(500), speech(4000), silence(600), beep(), silence(500)], ["machine", "machine beep"]],
    ["a tone alone", [silence(1000), beep(1400, 250), silence(500)], ["machine beep"]],
    ["a greeting in between", [silence(200), speech(2150), silence(2000)], ["unknown"]],
    ["nothing at all", [silence(6000)], ["unknown"]],
    ["a click, then nothing", [silence(500), speech(40), silence(6000)], ["unknown"]],
    ["a dial tone", [beep(425, 6000)], ["unknown"]],
  ])("%s", (_, parts, results) => expect(detect(...parts).results).toEqual(results));

  it("is known of a person soon after the greeting, of a machine before it ends", () => {
    const [human] = detect(silence(400), speech(600), silence(1500)).told;
    expect(human!.afterMs).toBeGreaterThanOrEqual(1780);
    expect(human!.afterMs).toBeLessThanOrEqual(1860);
    const [machine] = detect(speech(6000)).told;
    expect(machine!.afterMs).toBeLessThanOrEqual(2500);
  });

  it.each([440, 853, 1000, 1477, 2000])("is told by a tone of %i Hz when it has ended", (frequencyHz) => {
    const { told } = detect(speech(4000), silence(300), beep(frequencyHz, 300), silence(200));
    expect(told.at(-1)).toMatchObject({ beep: true });
    expect(Math.abs(told.at(-1)!.afterMs - 4620)).toBeLessThanOrEqual(20);
  });

  it("is no machine by a voice that is high, or sings", () => {
    for (const pitchHz of [90, 130, 180, 220, 260]) expect(detect(silence(200), speech(900, pitchHz, pitchHz), silence(1500)).results).toEqual(["human"]);
  });

  it("is told at most twice, whatever comes, and nothing after the end", () => {
    const part = fc.oneof(
      fc.integer({ min: 20, max: 3000 }).map(silence),
      fc.integer({ min: 20, max: 3000 }).map((ms) => speech(ms)),
      fc.tuple(fc.integer({ min: 300, max: 3000 }), fc.integer({ min: 20, max: 3000 })).map(([hz, ms]) => beep(hz, ms)),
      fc.integer({ min: 1, max: 99 }).map((seed) => Int16Array.from({ length: 8000 }, () => seededIds(seed).integer(65_536) - 32_768)),
    );
    fc.assert(fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const { results } = detect(...parts, silence(40_000));
      expect(["human", "machine", "unknown", "machine beep", "machine,machine beep"]).toContain(results.join());
    }), { seed: 7, numRuns: 30 });
  });

  it("is over half a minute after a machine's answer", () => expect(detect(speech(29_980)).done || !detect(speech(30_020)).done).toBe(false));
});
