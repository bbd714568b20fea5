import type { Clock, Timer } from "../../base/index.ts";

export interface IntakeLimits {
  /** New calls are worked on for so long, at most, before everything else has its turn. */
  readonly turnMs: number;
  /** From one such turn to the next; the more of a call is done in between, the fewer are taken. */
  readonly roundMs: number;
  /** A new call that has waited for longer is refused: well before its INVITE is sent again (RFC 3261 §17.1.1.1: T1, 500 ms). */
  readonly waitMs: number;
  /** New calls that may wait. */
  readonly waiting: number;
}

export interface IntakeHooks<T> {
  readonly take: (invite: T) => void;
  /** There is no time for it. */
  readonly refuse: (invite: T, waitedMs: number) => void;
}

/**
 * New calls wait for what belongs to calls that go on. The system hands messages over in the order they came in: where
 * there is more to do than can be done, ACKs and BYEs would wait behind INVITEs until the calls they belong to fail, which
 * makes more work than they are. So an INVITE is taken at once only while there is time; else it waits here, the oldest
 * first, while whatever else has come meanwhile is done; and one that has waited too long is refused, which is cheap. What
 * is taken is as much as can be done, whatever comes.
 */
export interface Intake<T> {
  /** A new INVITE, by what identifies its transaction. */
  push(key: string, invite: T): void;
  /** Something follows that needs this one: it is taken now, if it waits. */
  hurry(key: string): void;
  readonly waiting: number;
  close(): void;
}

const USUAL: IntakeLimits = { turnMs: 4, roundMs: 12, waitMs: 200, waiting: 2000 };

/** Refusals that are remembered: one that was lost on its way is given again, and the same. */
const REFUSALS = 5000;

/** The share that is left after a round that was too long, and what a short one adds; one call is taken in every round. */
const LESS = 0.5;
const MORE = 1.25;
const LEAST_MS = 0.1;

interface Waiting<T> {
  readonly invite: T;
  readonly sinceMs: number;
}

export function createIntake<T>(clock: Clock, { take, refuse }: IntakeHooks<T>, limits: Partial<IntakeLimits> = {}): Intake<T> {
  const { waitMs, waiting: most, ...rounds } = { ...USUAL, ...limits };
  const pace = paceOf(rounds);
  const queue = new Map<string, Waiting<T>>();
  const refused = boundedSet(REFUSALS);
  let spentMs = 0;
  let roundBeganMs = 0;
  let turn: Timer | undefined;

  const timed = (work: () => void) => {
    const beganMs = clock.monotonicMs();
    // Whoever waits, waits for the end of a round.
    if (!turn) {
      roundBeganMs = beganMs;
      turn = clock.setTimer(0, next);
    }
    try {
      work();
    } finally {
      spentMs += clock.monotonicMs() - beganMs;
    }
  };
  const turnAway = (key: string, invite: T, waitedMs: number) => {
    refused.add(key);
    refuse(invite, waitedMs);
  };
  const decide = (key: string, { invite, sinceMs }: Waiting<T>) => {
    queue.delete(key);
    const waitedMs = clock.monotonicMs() - sinceMs;
    timed(() => (waitedMs > waitMs ? turnAway(key, invite, waitedMs) : take(invite)));
  };
  /** All that has come since the last turn, and was no new call, is done. */
  const next = () => {
    turn = undefined;
    spentMs = 0;
    pace.adapt(clock.monotonicMs() - roundBeganMs);
    for (const [key, one] of queue) {
      if (spentMs >= pace.allowedMs) break;
      decide(key, one);
    }
  };

  return {
    push(key, invite) {
      if (refused.has(key)) refuse(invite, 0);
      else if (queue.has(key)) return;
      else if (queue.size === 0 && spentMs < pace.allowedMs) timed(() => take(invite));
      else if (queue.size >= most) turnAway(key, invite, 0);
      else queue.set(key, { invite, sinceMs: clock.monotonicMs() });
    },
    hurry(key) {
      const one = queue.get(key);
      if (one && queue.delete(key)) timed(() => take(one.invite));
    },
    get waiting() {
      return queue.size;
    },
    close() {
      turn?.cancel();
      queue.clear();
    },
  };
}

/** How long new calls may take in a round: a call is work in later rounds as well, which shows in their length. */
function paceOf({ turnMs, roundMs }: Pick<IntakeLimits, "turnMs" | "roundMs">) {
  let allowedMs = turnMs;
  return {
    get allowedMs() {
      return allowedMs;
    },
    adapt(tookMs: number) {
      allowedMs = tookMs > roundMs ? Math.max(LEAST_MS, allowedMs * LESS) : Math.min(turnMs, allowedMs * MORE);
    },
  };
}

/** Keeps the newest so many. */
function boundedSet(most: number): { add(key: string): void; has(key: string): boolean } {
  const keys = new Set<string>();
  return {
    add(key) {
      keys.add(key);
      const [oldest] = keys;
      if (keys.size > most && oldest !== undefined) keys.delete(oldest);
    },
    has: (key) => keys.has(key),
  };
}
