import type { Clock, Timer } from "../../base/index.ts";

export interface IntakeLimits {
  /** New calls are worked on for so long before everything else has its turn. */
  readonly turnMs: number;
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

const USUAL: IntakeLimits = { turnMs: 4, waitMs: 200, waiting: 2000 };

/** Refusals that are remembered: one that was lost on its way is given again, and the same. */
const REFUSALS = 5000;

interface Waiting<T> {
  readonly invite: T;
  readonly sinceMs: number;
}

export function createIntake<T>(clock: Clock, { take, refuse }: IntakeHooks<T>, limits: Partial<IntakeLimits> = {}): Intake<T> {
  const { turnMs, waitMs, waiting: most } = { ...USUAL, ...limits };
  const queue = new Map<string, Waiting<T>>();
  const refused = boundedSet(REFUSALS);
  let spentMs = 0;
  let turn: Timer | undefined;

  const timed = (work: () => void) => {
    const beganMs = clock.monotonicMs();
    try {
      work();
    } finally {
      spentMs += clock.monotonicMs() - beganMs;
      turn ??= clock.setTimer(0, next);
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
    for (const [key, one] of queue) {
      if (spentMs >= turnMs) break;
      decide(key, one);
    }
    if (queue.size > 0) turn ??= clock.setTimer(0, next);
  };

  return {
    push(key, invite) {
      if (refused.has(key)) refuse(invite, 0);
      else if (queue.has(key)) return;
      else if (queue.size === 0 && spentMs < turnMs) timed(() => take(invite));
      else if (queue.size >= most) turnAway(key, invite, 0);
      else {
        queue.set(key, { invite, sinceMs: clock.monotonicMs() });
        turn ??= clock.setTimer(0, next);
      }
    },
    hurry(key) {
      const one = queue.get(key);
      if (!one) return;
      queue.delete(key);
      timed(() => take(one.invite));
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
