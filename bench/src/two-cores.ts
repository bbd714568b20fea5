import { readdir, readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { numbers, startLoadServer } from "./load-server.ts";
import type { Load } from "./memory.ts";
import type { Place } from "./place.ts";
import { at } from "./sipload.ts";
import { figure, type Figure } from "./statistics.ts";

/** What calls cost: everything together, and the thread that has most to do, in percent of one core for a call. */
export interface Cost {
  readonly cpu: number;
  readonly busiest: number;
}

const RUNS = 3;
/** On each core: what a thread does whether it has calls or not is shared by as many. */
const CALLS = 200;
const RATE = 40;
const STEADY_S = 12;
/** Within the time in which all calls are up. */
const AFTER_S = 4;
const LONG_S = 8;
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_S = 100;

/**
 * How far two cores go beyond one. Where there are no more than two, the load needs them as well: so it is not
 * measured how many calls two cores carry, but what one costs on one core with one media thread, and on two with two
 * of them. Two cores carry so many calls that either both are full, or one thread, which cannot use more than one, is.
 */
export const gain = (one: Cost, two: Cost): number => Math.min(200 / two.cpu, 100 / two.busiest) / (100 / one.cpu);

export async function twoCores(place: Place, loadCpu: string | undefined, load: Load): Promise<readonly Figure[]> {
  const both = place.cpu !== undefined && loadCpu !== undefined ? { ...place, cpu: `${place.cpu},${loadCpu}` } : place;
  const ones: Cost[] = [];
  const twos: Cost[] = [];
  for (let run = 0; run < RUNS; run++) {
    ones.push(await costOf(place, 1, load));
    twos.push(await costOf(both, 2, load));
  }
  const name = `Two cores, ${CALLS} playing calls on each`;
  return [
    figure(`${name}: CPU per 100 calls, 1 media thread on 1 core`, "%", ones.map(({ cpu }) => 100 * cpu)),
    figure(`${name}: CPU per 100 calls, 2 media threads on 2 cores`, "%", twos.map(({ cpu }) => 100 * cpu)),
    figure(`${name}: of that the busiest thread`, "%", twos.map(({ busiest }) => 100 * busiest)),
    figure(`${name}: calls, against one core, by these costs`, "times", ones.flatMap((one, run) => twos.slice(run, run + 1).map((two) => gain(one, two))), { is: "at least", value: 1.8 }),
  ];
}

async function costOf(place: Place, workers: number, load: Load): Promise<Cost> {
  const server = await startLoadServer(place, workers);
  const calls = workers * CALLS;
  try {
    const loading = load(server, ["--number", numbers.playing, "--calls", `${calls}`, "--rate", `${RATE}`, "--steady", `${STEADY_S}`, "--capture", "0"]);
    const [report, busiest] = await Promise.all([loading, busiestThread(server.pid, calls / RATE + AFTER_S)]);
    const cpu = at(report, "server.cpu_pct");
    return { cpu: (typeof cpu === "number" ? cpu : Number.NaN) / calls, busiest: busiest / calls };
  } finally {
    await server.close();
  }
}

/** In percent of a core, after so many seconds. */
async function busiestThread(pid: number, afterS: number): Promise<number> {
  await wait(1000 * afterS);
  const before = await threadTicks(pid);
  const startedMs = performance.now();
  await wait(1000 * LONG_S);
  const after = await threadTicks(pid);
  const seconds = (performance.now() - startedMs) / 1000;
  const used = Array.from(after, ([thread, ticks]) => ticks - (before.get(thread) ?? 0));
  return (100 * Math.max(...used)) / TICKS_PER_S / seconds;
}

/** The processor time of each thread, in user and system mode together. */
async function threadTicks(pid: number): Promise<ReadonlyMap<string, number>> {
  const folder = `/proc/${pid}/task`;
  const threads = await readdir(folder);
  const stats = await Promise.all(threads.map((thread) => readFile(`${folder}/${thread}/stat`, "utf8").catch(() => "")));
  return new Map(stats.map((stat, index) => [threads[index] ?? "", ticksOf(stat)]));
}

/** The 14th and 15th field; the second one, a name in brackets, may have blanks. */
export function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}
