import { FRAME_MS } from "../audio/index.ts";

/** Sessions are spread over this many groups, so that the packets of many sessions do not leave in one burst. */
export const GROUPS = 4;
/** From the turn of one group to that of the next. */
export const SLOT_MS = FRAME_MS / GROUPS;

/** After a stall at most this much is sent at once; the peer's jitter buffer can still use it. */
const CATCH_UP_MS = 60;

export interface SchedulerHooks {
  /** The turn of one group, which was due at `dueMs`. */
  readonly run: (group: number, dueMs: number) => void;
  /** Every group misses this many turns: a stall was too long to make up for. The first of them was due `lateMs` ago. */
  readonly skip: (frames: number, lateMs: number) => void;
}

/**
 * Deadlines on the absolute grid `startMs + n × 5 ms`, each of the four groups every 20 ms. Deadlines follow from the
 * start alone, so that neither late timers nor slow turns ever add up to a drift.
 */
export interface Scheduler {
  /** When the next group is due. */
  readonly nextMs: number;
  readonly nextGroup: number;
  /** Runs all groups that are due by now, in the order of their deadlines. */
  step(nowMs: number): void;
  toString(): string;
}

export function createScheduler(startMs: number, { run, skip }: SchedulerHooks): Scheduler {
  let slot = 0;
  const dueOf = (number: number) => startMs + number * SLOT_MS;
  return {
    get nextMs() {
      return dueOf(slot);
    },
    get nextGroup() {
      return slot % GROUPS;
    },
    step(nowMs) {
      const lateMs = nowMs - dueOf(slot);
      const missed = Math.floor((lateMs - CATCH_UP_MS) / FRAME_MS);
      if (missed > 0) {
        slot += missed * GROUPS;
        skip(missed, lateMs);
      }
      while (dueOf(slot) <= nowMs) {
        const due = slot++;
        run(due % GROUPS, dueOf(due));
      }
    },
    toString: () => `${GROUPS} groups every ${FRAME_MS} ms, ${slot} slots done`,
  };
}
