import { systemClock, type Timer } from "./base/index.ts";

export interface Stalls {
  /** All of them together, so far. */
  ms(): number;
  stop(): void;
}

const PROBE_MS = 5;

/** For how long this thread has not come round to what was due, because the machine had other things to do. */
export function watchStalls(): Stalls {
  let stalledMs = 0;
  let dueMs = 0;
  let timer: Timer | undefined;
  const late = () => Math.max(0, systemClock.monotonicMs() - dueMs - 1);
  const probe = () => {
    if (timer) stalledMs += late();
    dueMs = systemClock.monotonicMs() + PROBE_MS;
    timer = systemClock.setTimer(PROBE_MS, probe);
  };
  probe();
  return { ms: () => stalledMs + late(), stop: () => timer?.cancel() };
}
