import { describe, expect, it } from "vitest";
import { growthPercent, settled } from "./flatness.ts";

const readings = (value: (index: number) => number) => Array.from({ length: 40 }, (_, index) => ({ atS: 30 * index, value: value(index) }));

describe("growthPercent", () => {
  it.each([
    ["nothing", () => 200, 0],
    ["a saw, as a heap that is collected", (index: number) => 200 + 30 * (index % 5), 0],
    ["a level with a few peaks", (index: number) => (index % 13 === 0 ? 900 : 200), 0],
    ["half of its middle", (index: number) => 75 + (50 * index) / 39, 50],
    ["what shrinks", (index: number) => 125 - (50 * index) / 39, -50],
  ])("of %s", (_, value, expected) => expect(growthPercent(readings(value))).toBeCloseTo(expected, 0));

  it("finds a leak under a saw", () => expect(growthPercent(readings((index) => 200 + 30 * (index % 5) + index))).toBeGreaterThan(10));

  it("says nothing of a single reading", () => expect(growthPercent([{ atS: 1, value: 5 }])).toBe(0));
});

it("leaves out the beginning", () => expect(settled(readings(() => 1), 600).map(({ atS }) => atS)[0]).toBe(600));
