import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { textOf, type BenchReport } from "./bench.ts";
import { createGaps } from "./bench-gaps.ts";
import { searchMost, type Step } from "./bench-search.ts";

describe("gaps", () => {
  it("are told to the half millisecond that they do not exceed", () => {
    const gaps = createGaps();
    expect(gaps.quantileMs(0.99)).toBe(0);
    for (let gap = 1; gap <= 100; gap++) gaps.add(gap / 4);
    expect([gaps.quantileMs(0.01), gaps.quantileMs(0.5), gaps.quantileMs(0.99), gaps.quantileMs(1), gaps.count]).toEqual([0.5, 12.5, 25, 25, 100]);
    gaps.add(1e9);
    gaps.add(-3);
    expect([gaps.quantileMs(0), gaps.quantileMs(1)]).toEqual([0, 1000]);
    gaps.clear();
    expect([gaps.count, gaps.quantileMs(1)]).toEqual([0, 0]);
  });
});

describe("the search for the most calls", () => {
  const step = (calls: number, change: Partial<Step> = {}): Step =>
    ({ calls, gapP99Ms: 21, packetsLost: 0, failedCalls: 0, serverCpuPercent: calls / 8, othersCpuPercent: 2, loadLateP99Ms: 1, ...change });
  /** A machine that carries so many; `bad` is what it is like beyond. */
  const search = async (carries: number, { bad = { gapP99Ms: 45 }, time = 99, hiccups = 0 }: { readonly bad?: Partial<Step>; readonly time?: number; readonly hiccups?: number } = {}) => {
    let left = time;
    let moments = hiccups;
    const found = await searchMost({
      first: 50, most: 800, mayGoOn: () => left > 0,
      measure: async (calls) => {
        left -= 1;
        if (calls > carries) return step(calls, bad);
        moments -= 1;
        return step(calls, moments >= 0 ? { gapP99Ms: 90 } : {});
      },
    });
    return { most: found.best?.calls, by: found.limitedBy, tried: found.steps.map(({ calls }) => calls) };
  };

  it.each([
    ["finds it within 5 %", 470, {}, { most: 463, by: "server", tried: [50, 100, 200, 400, 800, 800, 600, 600, 500, 500, 450, 475, 475, 463] }],
    ["finds fewer than the first step", 20, {}, { most: 19, by: "server", tried: [50, 50, 25, 25, 13, 19] }],
    ["ends at the most that is tried", 5000, {}, { most: 800, by: "limit", tried: [50, 100, 200, 400, 800] }],
    ["ends when the time is over", 5000, { time: 3 }, { most: 200, by: "time", tried: [50, 100, 200] }],
    ["does not believe a bad moment", 5000, { hiccups: 1 }, { most: 800, by: "limit", tried: [50, 50, 100, 200, 400, 800] }],
    ["says that it was the load", 60, { bad: { packetsLost: 4, loadLateP99Ms: 12 } }, { most: 57, by: "load", tried: [50, 100, 100, 75, 75, 63, 63, 57] }],
    ["says that it was somebody else", 60, { bad: { gapP99Ms: 50, othersCpuPercent: 80 } }, { most: 57, by: "others", tried: [50, 100, 100, 75, 75, 63, 63, 57] }],
    ["finds nothing where nothing can be carried", 0, { bad: { failedCalls: 1 } }, { most: undefined, by: "server", tried: [50, 50, 25, 25, 13, 13, 7, 7, 4, 4, 2, 2, 1, 1] }],
  ] as const)("%s", async (_, carries, machine, expected) => {
    expect(await search(carries, machine)).toEqual(expected);
  });
});

/** Of one processor, by other programs. */
const BUSY_PERCENT = 50;

it("the bench measures a server on this machine, says so, and leaves nothing behind", async () => {
  const data = await mkdtemp(join(tmpdir(), "piopiy-bench-"));
  const program = new URL("../dist/cli.js", import.meta.url).pathname;
  const out = await new Promise<string>((resolve) => {
    execFile(process.execPath, [program, "bench", "--seconds", "10", "--json", "--data", data], (_, printed) => resolve(printed));
  });
  const report: BenchReport = JSON.parse(out);
  expect(report.setUps.perSecond).toBeGreaterThan(0);
  const [first] = report.playing.steps;
  expect(first).toMatchObject({ calls: 50, failedCalls: expect.any(Number) });
  // What there is no time for is refused: nothing is where the machine has little else to do.
  if (first!.othersCpuPercent < BUSY_PERCENT) expect([report.setUps.failed, first!.failedCalls]).toEqual([0, 0]);
  expect(first!.serverCpuPercent).toBeGreaterThan(0);
  expect(first!.gapP99Ms).toBeGreaterThanOrEqual(19);
  expect(await readdir(data)).toEqual([]);
  expect(textOf(report)).toContain("The callers ran on this machine, too");
  await rm(data, { recursive: true });
}, 90_000);
