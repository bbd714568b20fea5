import { availableParallelism, cpus } from "node:os";
import { randomIds, setRepeating, sleep, systemClock, type Clock } from "./base/index.ts";
import { createCallers, type BenchCall, type Callers } from "./bench-callers.ts";
import { createGaps } from "./bench-gaps.ts";
import { GAP_GOAL_MS, searchMost, type Found, type Step } from "./bench-search.ts";
import { PLAYING, startBenchServer, type BenchServer } from "./bench-server.ts";
import { VERSION } from "./version.ts";

/** What a machine can do, as far as it can tell while it makes the load itself. */
export interface BenchReport {
  readonly conditions: Readonly<Record<"version" | "node" | "cpu" | "cores" | "seconds", string | number>>;
  readonly setUps: { readonly perSecond: number; readonly p99Ms: number; readonly failed: number };
  readonly playing: Found;
}

export interface BenchOptions {
  /** The folder within which the server's data lie meanwhile. */
  readonly data: string;
  /** For how long it may go on, in all but starting and stopping. */
  readonly seconds: number;
}

const FIRST_CALLS = 50;
/** As many as a server takes. */
const MOST_CALLS = 2000;
const AT_ONCE = 16;
const SET_UP_MS = 4000;
const SETTLE_MS = 500;
const WINDOW_MS = 2000;
/** A step that would end later is not begun. */
const STEP_MS = 6000;

export async function measure({ data, seconds }: BenchOptions, clock: Clock = systemClock): Promise<BenchReport> {
  const server = await startBenchServer(data);
  const callers = await createCallers(server.sip, clock, randomIds);
  const endMs = clock.monotonicMs() + seconds * 1000;
  const calls: BenchCall[] = [];
  try {
    const setUps = await measureSetUps(callers, Math.min(SET_UP_MS, seconds * 250), clock);
    const playing = await searchMost({
      first: FIRST_CALLS, most: MOST_CALLS,
      mayGoOn: () => clock.monotonicMs() + STEP_MS < endMs,
      measure: (count) => measureStep({ server, callers, calls, clock }, count),
    });
    const conditions = { version: VERSION, node: process.versions.node, cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism(), seconds };
    return { conditions, setUps, playing };
  } finally {
    await resize(callers, calls, 0);
    await callers.close();
    await server.close();
  }
}

/** Calls that are hung up as soon as they are answered, some at a time. */
async function measureSetUps(callers: Callers, forMs: number, clock: Clock): Promise<BenchReport["setUps"]> {
  const endMs = clock.monotonicMs() + forMs;
  const took = createGaps();
  let failed = 0;
  const one = async () => {
    while (clock.monotonicMs() < endMs) {
      const call = await callers.call(PLAYING, true);
      if (!call) failed += 1;
      else {
        took.add(call.answeredMs);
        await call.hangup();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return { perSecond: Math.round((took.count * 1000) / forMs), p99Ms: took.quantileMs(0.99), failed };
}

interface Measuring {
  readonly server: BenchServer;
  readonly callers: Callers;
  readonly calls: BenchCall[];
  readonly clock: Clock;
}

async function measureStep({ server, callers, calls, clock }: Measuring, count: number): Promise<Step> {
  const failedCalls = await resize(callers, calls, count);
  await sleep(clock, SETTLE_MS);
  callers.clear();
  const [cpuBefore, ownBefore, allBefore, startedMs] = [await server.cpuSeconds(), process.cpuUsage(), busyMs(), clock.monotonicMs()];
  await sleep(clock, WINDOW_MS);
  const { gaps, late, lost } = callers;
  const [gapP99Ms, loadLateP99Ms] = [gaps.quantileMs(0.99), late.quantileMs(0.99)];
  const [tookMs, allMs, own] = [clock.monotonicMs() - startedMs, busyMs() - allBefore, process.cpuUsage(ownBefore)];
  const serverMs = ((await server.cpuSeconds()) - cpuBefore) * 1000;
  const othersMs = Math.max(0, allMs - serverMs - (own.user + own.system) / 1000);
  const percent = (ms: number) => Math.round((ms * 1000) / tookMs) / 10;
  return { calls: count, gapP99Ms, packetsLost: lost, failedCalls, serverCpuPercent: percent(serverMs), othersCpuPercent: percent(othersMs), loadLateP99Ms };
}

/** Time that all processors together have worked since the machine was started. */
const busyMs = (): number => cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);

/** Makes or ends calls until there are so many; how many were not answered. */
async function resize(callers: Callers, calls: BenchCall[], count: number): Promise<number> {
  await Promise.all(calls.splice(count).map((call) => call.hangup()));
  let failed = 0;
  let wanted = count - calls.length;
  const some = async () => {
    while (wanted-- > 0) {
      const call = await callers.call(PLAYING);
      if (call) calls.push(call);
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
  return failed;
}

/** Measures, prints what came of it, and resolves with the exit code: 1 when nothing could be measured. */
export async function bench(options: BenchOptions & { readonly json: boolean }): Promise<number> {
  if (!options.json) console.log(`A server with one media thread, and callers on the same machine: this takes about ${options.seconds} s …`);
  const dots = options.json || !process.stdout.isTTY ? undefined : setRepeating(systemClock, 1000, () => void process.stdout.write("."));
  const report = await measure(options).finally(() => dots?.cancel());
  console.log(options.json ? JSON.stringify(report, undefined, 2) : textOf(report));
  return report.playing.best ? 0 : 1;
}

const WHY = {
  server: "more were too much for the server",
  others: "other programs took the processor meanwhile: measure again when the machine is quiet",
  load: "more were too much for the callers, which share the machine: the server alone may carry more",
  time: "there was no time to try more: give it more by --seconds",
  limit: "a server takes no more at a time",
} as const satisfies Record<Found["limitedBy"], string>;

export function textOf({ conditions, setUps, playing: { best, limitedBy, steps } }: BenchReport): string {
  const { version, node, cpu, cores } = conditions;
  // Of a few calls most is what the server takes without any.
  const each = best && best.calls >= FIRST_CALLS ? `: ${Math.round((best.serverCpuPercent * 1000) / best.calls) / 10} % for 100 calls` : "";
  const found = best
    ? [
        `  calls playing on one media thread   ${best.calls} at a time (${WHY[limitedBy]})`,
        `  gap between packets, p99            ${best.gapP99Ms} ms (at most ${GAP_GOAL_MS}), nothing lost`,
        `  processor time of the server        ${best.serverCpuPercent} % of one core${each}`,
      ]
    : ["  Not even the fewest calls were carried well: see piopiy doctor."];
  const table = steps.map((step) => `    ${String(step.calls).padStart(5)} calls: p99 gap ${step.gapP99Ms} ms, ${step.packetsLost} lost, ${step.failedCalls} failed, ${step.serverCpuPercent} % of a core, others ${step.othersCpuPercent} %`);
  return [
    "", `Piopiy ${version}, Node.js ${node}, ${cores} × ${cpu}`, "", ...found,
    `  calls set up                        ${setUps.perSecond} a second, INVITE to 200 in ${setUps.p99Ms} ms at p99, ${setUps.failed} failed`, "", ...table, "",
    "  The callers ran on this machine, too, and took processor time from the server. G.711, RTP both ways, on the loopback",
    "  interface: no network, no recordings, no bridges. For an installation plan with two thirds of it.",
  ].join("\n");
}
