import { FAR_END_PORT, numbers } from "./load-server.ts";
import { at, ofRuns, type LoadReport } from "./sipload.ts";
import { figure, type Figure, type Goal } from "./statistics.ts";

/** One thing that is measured under load, each on a server of its own. */
export interface LoadMeasurement {
  /** Options of the load generator. */
  readonly options: readonly string[];
  figures(report: LoadReport): readonly Figure[];
}

const RUNS = "3";
const up = (calls: number, number: string) => ["--number", number, "--calls", `${calls}`, "--rate", "40", "--runs", RUNS];

/** What a call costs under load, which is to be `cpu` percent of a core for 100 of them at most, and whether its packets come in time. */
export const perCall = (what: string, cpu?: number) => (report: LoadReport) => [
  figure(`${what}: CPU per 100 calls at once`, "%", ofRuns(report, "server.cpu_pct_per_100_calls"), cpu === undefined ? undefined : { is: "at most", value: cpu }),
  figure(`${what}: gap between packets, p99`, "ms", ofRuns(report, "rtp.gap_ms.p99"), { is: "at most", value: 30 }),
  figure(`${what}: packets lost`, "", ofRuns(report, "rtp.seq_lost"), { is: "at most", value: 0 }),
];

export const loadMeasurements: Readonly<Record<string, LoadMeasurement>> = {
  playing: { options: up(100, numbers.playing), figures: perCall("Playing", 14) },
  recorded: { options: up(100, numbers.recorded), figures: perCall("Playing and recorded", 18) },
  // 50 calls of two legs each.
  bridged: {
    options: [...up(50, numbers.bridged), "--uas-port", `${FAR_END_PORT}`],
    figures: (report) => [
      ...perCall("Bridged", 20)(report),
      figure("Bridged: round trip through the server, p50", "ms", ofRuns(report, "rtp.round_trip_ms.p50")),
    ],
  },
  most: {
    options: ["--number", numbers.playing, "--rate", "40", "--search-from", "200", "--search-to", "1200", "--search-step", "25", "--runs", RUNS],
    figures: (report) => [
      ...largest("Playing: most calls at once, p99 gap <= 30 ms, nothing lost", "", report, { is: "at least", value: 600 }),
      figure("Playing: CPU with as many", "%", ofRuns(report, "server.cpu_pct")),
      figure("Playing: gap between packets with as many, p99", "ms", ofRuns(report, "rtp.gap_ms.p99")),
    ],
  },
  // What a server does that was started a moment ago, and is given all it can take from the first call on.
  firstCalls: {
    options: ["--number", numbers.playing, "--media", "none", "--max-setup", "100", "--calls", "5000", "--rate", "500", "--runs", "1"],
    figures: (report) => [
      figure("First 5,000 calls, 500 a second: failed", "", ofRuns(report, "result.failed"), { is: "at most", value: 0 }),
      figure("First 5,000 calls: INVITE to 200 OK, p99", "ms", ofRuns(report, "invite_to_200_ms.p99"), { is: "at most", value: 100 }),
      figure("First 5,000 calls: CPU time of one call", "ms", ofRuns(report, "server.cpu_ms_per_call")),
    ],
  },
  setups: {
    options: ["--number", numbers.playing, "--media", "none", "--max-setup", "100", "--search-from", "50", "--search-to", "800", "--search-step", "10", "--runs", RUNS],
    figures: (report) => [
      ...largest("Set up and ended: most calls in a second, none failed, p99 of the answer <= 100 ms", "/s", report, { is: "at least", value: 500 }),
      figure("Set up and ended: CPU time of one call", "ms", ofRuns(report, "server.cpu_ms_per_call")),
      figure("Set up and ended: INVITE to 200 OK, p99", "ms", ofRuns(report, "invite_to_200_ms.p99")),
    ],
  },
};

/** What a search found; it is a lower bound where other work disturbed the steps that failed. */
export function largest(name: string, unit: string, report: LoadReport, goal?: Goal): readonly Figure[] {
  const found = at(report, "largest_passing");
  const bound = at(report, "conclusive") === true ? "" : " (a lower bound)";
  return [figure(`${name}${bound}`, unit, typeof found === "number" ? [found] : [], goal)];
}
