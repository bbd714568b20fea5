import { expect, it } from "vitest";
import { gain, ticksOf } from "./two-cores.ts";

it.each([
  ["twice, where a call costs the same and the work is shared", { cpu: 0.1, busiest: 0.1 }, { cpu: 0.1, busiest: 0.05 }, 2],
  ["less, where each call costs more", { cpu: 0.1, busiest: 0.1 }, { cpu: 0.125, busiest: 0.06 }, 1.6],
  ["no more than the thread that does most of it allows", { cpu: 0.1, busiest: 0.1 }, { cpu: 0.1, busiest: 0.08 }, 1.25],
  ["nothing, where one thread does it all", { cpu: 0.1, busiest: 0.1 }, { cpu: 0.1, busiest: 0.1 }, 1],
])("two cores gain %s", (_, one, two, expected) => expect(gain(one, two)).toBeCloseTo(expected));

it("reads the processor time of a thread whose name has blanks and brackets", () => {
  const before = "4711 (a (b) c) S 1 2 3 4 5 6 7 8 9 10";
  expect(ticksOf(`${before} 120 30 0 0 20 0 1`)).toBe(150);
  expect(ticksOf("")).toBe(0);
});
