import { describe, expect, it } from "vitest";
import { audible, collect, tonesPresent } from "../audio/index.ts";
import { ringbackSource } from "./ringback.ts";

describe("ringback", () => {
  it("is 440 Hz and 480 Hz, 2 s on and 4 s off, without an end", async () => {
    const samples = await collect(ringbackSource(), 18_000);
    expect(samples.length).toBe(18 * 8000);
    for (const start of [0, 6, 12]) {
      expect(tonesPresent(samples.subarray(start * 8000, (start + 2) * 8000), [400, 440, 480, 520])).toEqual([440, 480]);
      expect(samples.subarray((start + 2) * 8000, (start + 6) * 8000).every((sample) => sample === 0)).toBe(true);
    }
    expect(audible(samples.subarray(0, 16_000))).toBe(true);
  });
});
