import { expect, it } from "vitest";
import { at, ofRuns } from "./sipload.ts";

const run = (cpu: number) => ({ server: { cpu_pct: cpu } });

it("reads what stands at a path", () => {
  expect(at({ rtp: { gap_ms: { p99: 21 } } }, "rtp.gap_ms.p99")).toBe(21);
  expect([at({ rtp: null }, "rtp.gap_ms"), at(undefined, "rtp")]).toEqual([undefined, undefined]);
});

it.each([
  ["a single run", run(3), [3]],
  ["several runs", { runs: [run(3), run(5), {}] }, [3, 5]],
  ["the runs that confirm a search", { largest_passing: 100, confirmed: { runs: [run(7)] } }, [7]],
])("reads the numbers of %s", (_, report, expected) => expect(ofRuns(report, "server.cpu_pct")).toEqual(expected));
