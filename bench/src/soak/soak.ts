import { systemClock, sleep } from "@piopiy/server";
import { startLoadServer } from "../load-server.ts";
import { commandOf, type Place } from "../place.ts";
import type { ServerProcess } from "../server-process.ts";
import { figure, percentile, type Figure } from "../statistics.ts";
import { startChurn, type Churn, type ChurnCounts } from "./churn.ts";
import { growthPercent, settled } from "./flatness.ts";
import { startMill, type Mill, type MillWindow } from "./mill.ts";
import { sampleOf, type Holding, type Sample } from "./sample.ts";

export interface SoakPlan {
  /** The load generator. */
  readonly program: string;
  readonly place: Place;
  /** A command to start the load by. */
  readonly load: readonly string[];
  readonly minutes: number;
  /** Calls up at any time. */
  readonly calls: number;
}

interface SoakRun {
  readonly before: Holding;
  readonly samples: readonly Sample[];
  readonly windows: readonly MillWindow[];
  readonly after: Holding;
  readonly counts: ChurnCounts;
}

const SAMPLE_EVERY_S = 30;
/** What is left out of the slopes: a sixth, at most five minutes. */
const warmUpS = (minutes: number): number => Math.min(300, minutes * 10);
/** RFC 3261 §17.1.2.2: for 32 s a server remembers requests that have been answered. */
const FORGOTTEN_MS = 40_000;
const FIRST_CALLS = 8;
const FIRST_MS = 3000;
/** What a value may have grown by over the whole time, by the slope of its readings. */
const FLAT_PERCENT = 5;

/** Calls come and go for so many minutes; then everything is to be as it was. */
export async function soak(plan: SoakPlan): Promise<readonly Figure[]> {
  const server = await startLoadServer(plan.place);
  const mill = await startMill(plan.program, plan.calls, plan.load);
  try {
    return figures(await run(server, mill, plan), plan);
  } finally {
    await mill.close();
    await server.close();
  }
}

async function run(server: ServerProcess, mill: Mill, { calls, minutes }: SoakPlan): Promise<SoakRun> {
  // What the first calls of all open for good is no growth.
  const first = await startChurn(server.sip, FIRST_CALLS, mill);
  await sleep(systemClock, FIRST_MS);
  await first.close();
  await sleep(systemClock, FORGOTTEN_MS);
  const before = await sampleOf(server);
  await mill.window();
  const churn = await startChurn(server.sip, calls, mill);
  const samples: Sample[] = [];
  const windows: MillWindow[] = [];
  const startedMs = systemClock.monotonicMs();
  const seconds = () => Math.round((systemClock.monotonicMs() - startedMs) / 1000);
  console.error("seconds,heap MB,resident MB,files,UDP ports,timers,sessions,calls,made,refused,ended,sent,received,lost,gap p99 ms,load late p99 ms");
  for (let next = SAMPLE_EVERY_S; next <= minutes * 60; next += SAMPLE_EVERY_S) {
    await sleep(systemClock, Math.max(0, startedMs + next * 1000 - systemClock.monotonicMs()));
    const window = await mill.window();
    const sample = { atS: seconds(), ...(await sampleOf(server)) };
    samples.push(sample);
    windows.push(window);
    console.error(lineOf(sample, window, churn));
  }
  await churn.close();
  await sleep(systemClock, FORGOTTEN_MS);
  const after = await sampleOf(server);
  console.error(`afterwards: ${JSON.stringify(after)}; before: ${JSON.stringify(before)}`);
  return { before, samples, windows, after, counts: churn.counts };
}

const lineOf = ({ atS, ...held }: Sample, { sent, received, lost, gapP99Ms, lateP99Ms }: MillWindow, { counts: { made, refused, ended } }: Churn): string =>
  [atS, ...Object.values(held), made, refused, ended, sent, received, lost, gapP99Ms, lateP99Ms].map((value) => Math.round(value * 10) / 10).join();

const growing = { heapMb: "heap", residentMb: "resident memory", openFiles: "open files", udpPorts: "UDP ports in use", timers: "timers" } as const;
const returning = { openFiles: "open files", udpPorts: "UDP ports in use", timers: "timers", sessions: "media sessions", calls: "calls" } as const;

function figures(run: SoakRun, { calls, minutes }: SoakPlan): readonly Figure[] {
  const { before, samples, windows, after, counts } = run;
  const sum = (of: keyof MillWindow) => windows.reduce((all, window) => all + window[of], 0);
  const later = settled(samples, warmUpS(minutes));
  return [
    figure("Soak: minutes", "", [minutes]),
    figure("Soak: calls at once", "", [calls]),
    figure("Soak: calls made", "", [counts.made]),
    figure("Soak: calls that failed", "", [counts.refused + counts.ended], { is: "at most", value: 0 }),
    figure("Soak: INVITE to 200 OK, p99", "ms", [percentile(counts.answeredMs, 0.99)]),
    figure("Soak: packets lost", "", [sum("lost")], { is: "at most", value: 0 }),
    figure("Soak: packets received for 100 sent", "", [(100 * sum("received")) / Math.max(1, sum("sent"))], { is: "at least", value: 99.5 }),
    figure("Soak: gap between packets, p99 of each half minute", "ms", windows.map(({ gapP99Ms }) => gapP99Ms)),
    ...keysOf(growing).map((key) =>
      figure(`Soak: growth of ${growing[key]} by its slope`, "%", [growthPercent(later.map((sample) => ({ atS: sample.atS, value: sample[key] })))], { is: "at most", value: FLAT_PERCENT })),
    ...keysOf(returning).map((key) =>
      figure(`Soak: ${returning[key]} more afterwards than before`, "", [after[key] - before[key]], { is: "at most", value: 0 })),
    figure("Soak: resident memory at the end of it", "MB", [samples.at(-1)?.residentMb ?? Number.NaN]),
  ];
}

const keysOf = <Key extends keyof Holding>(named: Readonly<Record<Key, string>>): readonly Key[] => Object.keys(named).filter((key): key is Key => key in named);

/** The command that the load's RTP is started by. */
export const millCommand = (load: readonly string[], cpu: string | undefined): readonly string[] => [...load, ...commandOf({ node: [], ...(cpu === undefined ? {} : { cpu }) })];
