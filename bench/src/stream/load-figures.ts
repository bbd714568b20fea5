import { largest, perCall } from "../load-figures.ts";
import { at, ofRuns, type LoadReport } from "../sipload.ts";
import { figure, median, type Figure, type Goal } from "../statistics.ts";
import type { RoundTrip } from "./bare-caller.ts";
import type { EchoBotReport } from "./echo-bot.ts";
import type { Protocol, StreamSettings } from "./protocols.ts";

/** One thing that is measured of streams under load, each on a server and with a bot of its own. */
export interface StreamMeasurement {
  readonly stream: Required<Pick<StreamSettings, "protocol" | "rate">>;
  /** Options of the load generator. */
  readonly options: readonly string[];
  /** So many streams are measured without a server, too, to be taken off the round trip. */
  readonly alone?: number;
  readonly figures: (report: LoadReport, alone: readonly RoundTrip[]) => readonly Figure[];
}

export const RUNS = 3;
// What stalled while the calls were set up is made up for before it is measured. The slack, which is added to twice the
// settling, leaves the calls up for a second and a half beyond the window.
const TIMES = ["--settle", "5", "--slack=-3.5", "--cooldown", "0.5", "--capture", "0"];
// The bot is neither the server nor, for the load generator, the load: its CPU counts as that of others.
const OTHERS = ["--max-others", "90"];
const up = (calls: number, steadyS = 3) =>
  ["--calls", `${calls}`, "--rate", "50", "--runs", `${RUNS}`, "--steady", `${steadyS}`, ...TIMES, ...OTHERS];

const p50Goal: Goal = { is: "at most", value: 25 };
const p99Goal: Goal = { is: "at most", value: 45 };

/**
 * The round trip of every run, and of that what we add: less the median of the bot's own, which is taken off the p99 as
 * well, because the worst of the one need not meet the worst of the other.
 */
export function roundTrip(what: string, report: LoadReport, alone: readonly RoundTrip[]): readonly Figure[] {
  const [p50s, p99s] = [ofRuns(report, "rtp.round_trip_ms.p50"), ofRuns(report, "rtp.round_trip_ms.p99")];
  const bare = alone.map(({ p50 }) => p50);
  const own = bare.length === 0 ? 0 : median(bare);
  const added = (values: readonly number[]) => values.map((value) => value - own);
  return [
    figure(`${what}: round trip, p50`, "ms", p50s),
    figure(`${what}: round trip, p99`, "ms", p99s),
    ...(bare.length === 0 ? [] : [
      figure(`${what}: bot and sockets alone, p50`, "ms", bare),
      figure(`${what}: bot and sockets alone, p99`, "ms", alone.map(({ p99 }) => p99)),
      figure(`${what}: added by us, p50`, "ms", added(p50s), p50Goal),
      figure(`${what}: added by us, p99`, "ms", added(p99s), p99Goal),
    ]),
    figure(`${what}: packets with audio of another call`, "", foreign(report), { is: "at most", value: 0 }),
  ];
}

/**
 * The markers name their call in the audio. A byte 127, the second of the two codes that µ-law has for zero, becomes the
 * first of them on its way through linear PCM: calls whose number ends in that byte seem to be others.
 */
function foreign(report: LoadReport): readonly number[] {
  const [calls, seconds] = [ofRuns(report, "calls"), ofRuns(report, "rtp.window_s")];
  return ofRuns(report, "rtp.markers_of_other_calls").map((markers, run) => {
    const misnamed = Math.floor(((calls[run] ?? 0) + 129) / 256);
    return Math.max(0, markers - misnamed * Math.ceil((seconds[run] ?? 0) * 50 + 2));
  });
}

const streams = (calls: number, extra = "") => `${calls} ${calls === 1 ? "stream" : "streams"}${extra}`;
const others = (what: string, report: LoadReport) => figure(`${what}: CPU of bot and others meanwhile`, "%", ofRuns(report, "host.others_cpu_pct"));

const echo = (calls: number, protocol: Protocol): StreamMeasurement => ({
  stream: { protocol, rate: 8000 },
  // All packets of a single call take equally long: it depends on when it began, not on how long it is measured.
  options: up(calls, calls === 1 ? 2 : undefined),
  alone: calls,
  figures: (report, alone) => roundTrip(streams(calls, protocol === "v1" ? ", v1" : ""), report, alone),
});

const cost = (calls: number, stream: StreamMeasurement["stream"]): StreamMeasurement => {
  const what = streams(calls, `${stream.protocol === "v1" ? ", v1" : ""}${stream.rate === 8000 ? "" : ", 16 kHz"}`);
  return {
    stream,
    options: up(calls),
    figures: (report) => [
      ...perStream(what, report, stream.rate === 8000 ? { is: "at most", value: 30 } : undefined),
      // What was resampled does not come back bit by bit, and has no markers.
      ...(stream.rate === 8000 ? roundTrip(what, report, []) : []),
      others(what, report),
    ],
  };
};

function perStream(what: string, report: LoadReport, goal: Goal | undefined): readonly Figure[] {
  const [, ...rest] = perCall(what)(report);
  return [figure(`${what}: CPU per 100`, "%", ofRuns(report, "server.cpu_pct_per_100_calls"), goal), ...rest];
}

const compatible = { protocol: "compatible", rate: 8000 } as const;
const v1 = { protocol: "v1", rate: 8000 } as const;

const most = (stream: StreamMeasurement["stream"], what: string): StreamMeasurement => ({
  stream,
  options: ["--rate", "50", "--search-from", "100", "--search-to", "1000", "--search-step", "25", "--runs", `${RUNS}`, "--steady", "6", ...TIMES, ...OTHERS],
  figures: (report) => [
    ...largest(`Most ${what} at once, p99 gap <= 30 ms, none lost`, "", report, { is: "at least", value: 200 }),
    figure(`Most ${what}: CPU with as many`, "%", ofRuns(report, "server.cpu_pct")),
    figure(`Most ${what}: gap between packets with as many, p99`, "ms", ofRuns(report, "rtp.gap_ms.p99")),
    ...roundTrip(`Most ${what}`, report, []),
  ],
});

/** By the names that `--only` takes. */
export const streamMeasurements: Readonly<Record<string, StreamMeasurement>> = {
  one: echo(1, "compatible"),
  fifty: echo(50, "compatible"),
  "fifty-v1": echo(50, "v1"),
  "one-v1": echo(1, "v1"),
  hundred: cost(100, compatible),
  "hundred-v1": cost(100, v1),
  "two-hundred": cost(200, compatible),
  "two-hundred-v1": cost(200, v1),
  wide: cost(100, { protocol: "compatible", rate: 16_000 }),
  most: most(compatible, "streams"),
  "most-v1": most(v1, "streams, v1"),
};

/** Did the bot hear what was measured? A server that does not speak the protocol measures something else. */
export function spoke({ protocol }: StreamMeasurement["stream"], bot: EchoBotReport): boolean {
  return protocol === "v1" ? bot.exact > 0 && bot.compatible === 0 : bot.compatible > 0;
}

/** The runs that did not pass, for whatever reason. */
export function verdicts(report: LoadReport): readonly string[] {
  const runs = at(report, "runs") ?? at(report, "confirmed.runs") ?? [report];
  return Array.isArray(runs) ? runs.flatMap((run) => wordsOf(at(run, "verdict"))) : [];
}

const wordsOf = (words: unknown): readonly string[] => (Array.isArray(words) ? words.map(String) : []);
