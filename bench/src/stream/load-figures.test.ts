import { expect, it } from "vitest";
import { roundTrip, spoke, verdicts } from "./load-figures.ts";

const run = (p50: number, p99: number) => ({ rtp: { round_trip_ms: { p50, p99 }, markers_of_other_calls: 0 }, verdict: p99 > 60 ? ["late"] : [] });
const report = { runs: [run(30, 50), run(32, 70), run(31, 48)] };
const valuesOf = (figures: ReturnType<typeof roundTrip>) => Object.fromEntries(figures.map(({ name, value, met }) => [name, met === undefined ? value : [value, met]]));

it("takes the median of what the bot costs off the round trip, to say what we add", () => {
  expect(valuesOf(roundTrip("x", report, [{ p50: 6, p99: 9 }, { p50: 5, p99: 8 }, { p50: 9, p99: 20 }]))).toEqual({
    "x: round trip, p50": 31,
    "x: round trip, p99": 50,
    "x: bot and sockets alone, p50": 6,
    "x: bot and sockets alone, p99": 9,
    "x: added by us, p50": [25, true],
    "x: added by us, p99": [44, true],
    "x: packets with audio of another call": [0, true],
  });
});

it.each([
  ["all the markers of a call whose number µ-law cannot carry", 127, 202, 0],
  ["of two such calls", 383, 404, 0],
  ["more than that", 200, 250, 48],
  ["any, with fewer calls", 126, 1, 1],
])("counts audio of another call: %s", (_, calls, markers, counted) => {
  const figures = valuesOf(roundTrip("x", { calls, rtp: { window_s: 4, markers_of_other_calls: markers } }, []));
  expect(figures["x: packets with audio of another call"]).toEqual([counted, counted === 0]);
});

it("says nothing of what we add where the bot was not measured", () => {
  expect(Object.keys(valuesOf(roundTrip("x", report, [])))).toEqual(["x: round trip, p50", "x: round trip, p99", "x: packets with audio of another call"]);
});

it.each([
  ["v1", { exact: 3, compatible: 0 }, true],
  ["v1", { exact: 2, compatible: 1 }, false],
  ["compatible", { exact: 0, compatible: 3 }, true],
  ["compatible", { exact: 0, compatible: 0 }, false],
] as const)("a measurement of %s with %o counts: %s", (protocol, connections, counts) => {
  expect(spoke({ protocol, rate: 8000 }, { ...connections, frames: 1, cpuMs: 1 })).toBe(counts);
});

it.each([
  ["several runs", report, ["late"]],
  ["one run", run(1, 61), ["late"]],
  ["the runs that confirm a search", { confirmed: { runs: [run(1, 61), run(1, 61)] } }, ["late", "late"]],
])("tells what is said against %s", (_, given, words) => expect(verdicts(given)).toEqual(words));
