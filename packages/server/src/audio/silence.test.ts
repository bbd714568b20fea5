import { describe, expect, it } from "vitest";
import { createSilenceMeter, mix, toneSamples } from "./index.ts";

const FRAME = 160;
const silence = (durationMs: number) => new Int16Array(durationMs * 8);
const tone = (durationMs: number, level: number) => toneSamples({ frequencyHz: 440, durationMs, level });

/** Noise of a given RMS that is the same in every run. */
function noise(durationMs: number, rms: number): Int16Array {
  let state = 1;
  return Int16Array.from({ length: durationMs * 8 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.round((state / 0x4000_0000 - 1) * rms * Math.sqrt(3));
  });
}

function silentMsAfter(...parts: readonly Int16Array[]): number {
  const meter = createSilenceMeter();
  let silentMs = 0;
  // In pieces that a tap hands over.
  for (const part of parts) for (let at = 0; at < part.length; at += 5 * FRAME) silentMs = meter.push(part.subarray(at, at + 5 * FRAME));
  return silentMs;
}

describe("the silence meter", () => {
  it.each<[string, readonly Int16Array[], number]>([
    ["counts from the first frame", [silence(1000)], 1000],
    ["is 0 while somebody speaks", [silence(1000), tone(500, 0.1)], 0],
    ["counts from the last word", [tone(500, 0.1), silence(700)], 700],
    ["hears a quiet voice", [silence(2000), tone(100, 0.02)], 0],
    ["takes the idle noise of a line for silence", [tone(1000, 0.2), noise(1000, 80)], 1000],
    ["hears a tone for as long as it lasts", [tone(60_000, 0.1)], 0],
  ])("%s", (_, parts, expected) => expect(silentMsAfter(...parts)).toBe(expected));

  it("gets used to a noisy line, and hears speech above it", () => {
    const noisy = noise(10_000, 300);
    expect(silentMsAfter(noisy)).toBeGreaterThan(1000);
    expect(silentMsAfter(noisy, mix(noise(500, 300), tone(500, 0.1)))).toBe(0);
  });
});
