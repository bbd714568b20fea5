import { describe, expect, it } from "vitest";
import { audible, SAMPLE_RATE_HZ, tonePower } from "../audio/index.ts";
import { builtInHoldMusic } from "./hold-music.ts";

const music = builtInHoldMusic();
const steps = (samples: Int16Array) => samples.slice(1).map((sample, index) => Math.abs(sample - (samples[index] ?? 0)));

describe("the music on hold", () => {
  it("is heard all the time, and never loud", () => {
    expect(music.length / SAMPLE_RATE_HZ).toBeGreaterThan(10);
    for (let at = 0; at + 1600 <= music.length; at += 1600) expect(audible(music.subarray(at, at + 1600))).toBe(true);
    expect(Math.max(...music)).toBeLessThan(16_000);
  });

  it("begins anew without a click", () => {
    const seam = Math.abs((music[0] ?? 0) - (music.at(-1) ?? 0));
    expect(seam).toBeLessThanOrEqual(Math.max(...steps(music)));
    expect(music.length % 160).toBe(0);
  });

  it("begins with the C below the middle one, and is made once", () => {
    expect(tonePower(music.subarray(0, 3200), 261.63)).toBeGreaterThan(tonePower(music.subarray(0, 3200), 233.08) * 5);
    expect(builtInHoldMusic()).toBe(music);
    expect(music.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});
