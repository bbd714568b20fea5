import { expect, it } from "vitest";
import { course, delaysOf } from "./drift-figures.ts";

it("tells the delay at the start, the longest, and at the end, without the first second", () => {
  const delays = Array.from({ length: 61 }, (_, second) => ({ atMs: second * 1000, delayMs: second === 0 ? 500 : second === 30 ? 90 : second > 50 ? 25 : 20 }));
  expect(course(delays)).toEqual({ startMs: 20, worstMs: 90, endMs: 25 });
});

it("finds nothing where nothing was heard", () => expect(course([])).toEqual({ startMs: Number.NaN, worstMs: 0, endMs: Number.NaN }));

it("takes what is heard for what was sent last before it", () => {
  expect(delaysOf([0, 1000, 2000], [-5, 40, 1050, 1400, 2030])).toEqual([
    { atMs: 0, delayMs: 40 }, { atMs: 1000, delayMs: 50 }, { atMs: 2000, delayMs: 30 },
  ]);
});
