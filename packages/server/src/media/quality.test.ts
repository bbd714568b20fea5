import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { heardQuality, mosOf, rFactorOf } from "./quality.ts";

describe("the rating of ITU-T G.107", () => {
  it.each([
    ["perfect conditions", 0, 0, 93.2, 4.41],
    ["a delay that is hardly noticed", 100, 0, 90.8, 4.35],
    ["a delay that talk suffers from", 400, 0, 59.1, 3.05],
    ["one packet in a hundred lost", 0, 1, 89.6, 4.32],
    ["one in twenty lost", 50, 5, 76.2, 3.88],
    ["one in five lost", 50, 20, 49.9, 2.57],
    ["everything lost, late", 2000, 100, 0, 1],
  ])("is for %s", (_, delayMs, lossPercent, rFactor, mos) => {
    const rated = heardQuality({ delayMs, lossPercent }, 0);
    expect(rated.rFactor).toBeCloseTo(rFactor, 0);
    expect(rated.mos).toBeCloseTo(mos, 1);
  });

  it("never gets better by loss or delay, and stays on its scales", () => {
    const delay = fc.double({ min: 0, max: 3000, noNaN: true });
    const loss = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(fc.property(delay, delay, loss, loss, (delayMs, moreDelay, lossPercent, moreLoss) => {
      const better = rFactorOf({ delayMs, lossPercent });
      const worse = rFactorOf({ delayMs: delayMs + moreDelay, lossPercent: Math.min(100, lossPercent + moreLoss) });
      expect(worse).toBeLessThanOrEqual(better);
      expect(mosOf(worse)).toBeLessThanOrEqual(mosOf(better) + 1e-9);
      expect(mosOf(worse)).toBeGreaterThanOrEqual(1);
      expect(mosOf(better)).toBeLessThanOrEqual(4.5);
    }), { seed: 5 });
  });
});
