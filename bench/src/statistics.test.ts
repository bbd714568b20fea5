import { expect, it } from "vitest";
import { figure, line, median, percentile } from "./statistics.ts";

it("percentiles take the nearest rank", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([median(values), percentile(values, 0.95), percentile(values, 1), percentile([7], 0.01)]).toEqual([50, 95, 100, 7]);
  expect(percentile([], 0.5)).toBeNaN();
});

it.each([
  ["at most", 1000, true],
  ["at most", 899, false],
  ["at least", 900, true],
  ["at least", 901, false],
] as const)("a figure of 900 is held against %s %d", (is, value, met) => {
  const one = figure("ready", "ms", [1200, 900, 300], { is, value });
  expect(one).toMatchObject({ value: 900, met, runs: 3, min: 300, max: 1200 });
  expect(line(one).startsWith(met ? "  ready" : "! ready")).toBe(true);
});

it("no run at all meets no goal, and without a goal there is nothing to meet", () => {
  expect(figure("x", "ms", [], { is: "at most", value: 1 }).met).toBe(false);
  expect(figure("x", "ms", [1])).not.toHaveProperty("met");
});
