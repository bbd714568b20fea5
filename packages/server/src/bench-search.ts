/** What a number of calls at a time came to. */
export interface Step {
  readonly calls: number;
  /** Gap between packets, at the 99th percentile. */
  readonly gapP99Ms: number;
  readonly packetsLost: number;
  readonly failedCalls: number;
  /** Of one core. */
  readonly serverCpuPercent: number;
  /** What all other programs took meanwhile, of one core. */
  readonly othersCpuPercent: number;
  /** How late the load itself was, at the 99th percentile: beyond 5 ms it is the load that is measured. */
  readonly loadLateP99Ms: number;
}

export const GAP_GOAL_MS = 30;
const LOAD_LATE_MS = 5;
const OTHERS_PERCENT = 20;

export const isGood = ({ gapP99Ms, packetsLost, failedCalls }: Step): boolean => gapP99Ms <= GAP_GOAL_MS && packetsLost === 0 && failedCalls === 0;

export interface Found {
  readonly best: Step | undefined;
  /** What kept it from more: the server, the load on the same machine, other programs, the time, or the most that is tried. */
  readonly limitedBy: "server" | "load" | "others" | "time" | "limit";
  readonly steps: readonly Step[];
}

export interface SearchOptions {
  readonly first: number;
  readonly most: number;
  /** Whether there is time for one more step. */
  readonly mayGoOn: () => boolean;
  readonly measure: (calls: number) => Promise<Step>;
}

/**
 * Looks for the most calls that are good: twice as many until it is too much, then halfway between. What is too much
 * must be so twice: a machine has its moments.
 */
export async function searchMost({ first, most, mayGoOn, measure }: SearchOptions): Promise<Found> {
  const steps: Step[] = [];
  let best: Step | undefined;
  let bad: Step | undefined;
  const isClose = () => best && bad && bad.calls - best.calls <= Math.max(10, best.calls * 0.05);
  for (let calls = first; mayGoOn(); calls = next(best?.calls, bad?.calls, first, most)) {
    let step = await measure(calls);
    steps.push(step);
    if (!isGood(step) && mayGoOn()) {
      step = await measure(calls);
      steps.push(step);
    }
    if (isGood(step)) best = step;
    else bad = step;
    if (isClose() || calls <= 1 || best?.calls === most) break;
  }
  return { best, steps, limitedBy: limitOf(best, bad, most, !isClose()) };
}

function next(good: number | undefined, bad: number | undefined, first: number, most: number): number {
  if (bad === undefined) return Math.min(most, 2 * (good ?? first));
  return Math.max(1, Math.round(((good ?? 0) + bad) / 2));
}

function limitOf(best: Step | undefined, bad: Step | undefined, most: number, isOpen: boolean): Found["limitedBy"] {
  if (best?.calls === most) return "limit";
  if (!bad || (isOpen && best)) return "time";
  if (bad.othersCpuPercent > OTHERS_PERCENT) return "others";
  return bad.loadLateP99Ms > LOAD_LATE_MS ? "load" : "server";
}
