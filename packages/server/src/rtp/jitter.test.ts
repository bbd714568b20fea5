import { describe, expect, it } from "vitest";
import { jitterMeter, middleOf, ntpOf, roundTripMs } from "./index.ts";

/** The jitter after packets of 20 ms that came with these delays. */
const after = (delaysMs: readonly number[], from = 0) => {
  const meter = jitterMeter(8000);
  for (const [index, delayMs] of delaysMs.entries()) meter.push((from + index * 160) >>> 0, 5000 + index * 20 + delayMs);
  return meter.ticks;
};
const times = (count: number, delaysMs: readonly number[]) => Array.from({ length: count }, () => delaysMs).flat();

describe("interarrival jitter (RFC 3550 A.8)", () => {
  it.each([
    ["nothing for an even stream", times(100, [30]), 0],
    ["nothing for one packet", [30], 0],
    ["a sixteenth of the first deviation", [0, 20], 10],
    ["the deviation, when it goes on", times(200, [0, 20]), 160],
    ["nothing again, once it is over", [...times(50, [0, 20]), ...times(300, [0])], 0],
  ] as const)("is %s", (_, delaysMs, ticks) => expect(Math.abs(after(delaysMs) - ticks)).toBeLessThanOrEqual(1));

  it("does not see the wrap of timestamps", () => expect(after(times(50, [3, 9]), 2 ** 32 - 800)).toBe(after(times(50, [3, 9]))));

  it("does not see a new count of the sender's", () => {
    const meter = jitterMeter(8000);
    meter.push(0, 0);
    meter.push(0x7fff_0000, 20);
    expect(meter.ticks).toBe(0);
  });

  it("does not see a pause whose time the sender counts", () => {
    const meter = jitterMeter(8000);
    meter.push(0, 0);
    meter.push(80_000, 10_000);
    expect(meter.ticks).toBe(0);
  });
});

describe("the round trip (RFC 3550 §6.4.1)", () => {
  it("is computed as in the RFC's figure", () => {
    // Figure 2: A = b710:8000, DLSR = 0x0005:4000 (5.25 s), LSR = 0xb705:2000 (46,853.125 s): 6.125 s.
    expect(roundTripMs(46_864_500, { lastReport: 0xb7052000, delaySinceLastReport: 0x00054000 })).toBeCloseTo(6125, 2);
  });

  it.each([
    ["without a report of ours", 0, 0],
    ["from the future", middleOf(ntpOf(19_000)), 0],
    ["longer than a talk could bear", middleOf(ntpOf(2_000)), 0],
    ["after more time than there was", middleOf(ntpOf(14_900)), 65_536],
  ])("is not believed %s", (_, lastReport, delaySinceLastReport) =>
    expect(roundTripMs(15_000, { lastReport, delaySinceLastReport })).toBeUndefined());

  it("goes through the wrap of 16 bits of seconds", () => {
    const sentMs = 65_535_900;
    expect(roundTripMs(sentMs + 250, { lastReport: middleOf(ntpOf(sentMs)), delaySinceLastReport: 6554 })).toBeCloseTo(150, 0);
  });
});
