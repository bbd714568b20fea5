import type { Core } from "./core.ts";

/** No wait is longer than this: what is received has to be read before the kernel's buffers are full. */
const MAX_WAIT_MS = 5;

export interface WaitHooks {
  /** Handles the commands that have come. */
  readonly drain: () => void;
  /** Hands over what is to be reported. */
  readonly flush: (nowMs: number) => void;
}

/**
 * Runs the core in a worker: waits for the next deadline without the event loop, whose timers count whole
 * milliseconds and which wakes for every single datagram, then lets the loop read all sockets in one turn.
 * While no session has media the loop is left alone, and the thread sleeps in it.
 */
export interface WaitDrive {
  /** False: nobody flushes; the thread sleeps in its event loop. */
  readonly turning: boolean;
  /** Commands have been handled: media may have begun. */
  changed(): void;
}

export function driveByWaiting(core: Core, wake: Int32Array, monotonicMs: () => number, { drain, flush }: WaitHooks): WaitDrive {
  let turning = false;
  let seen = 0;
  const turn = () => {
    const nowMs = monotonicMs();
    flush(nowMs);
    const { nextMs } = core;
    turning = nextMs !== undefined;
    if (nextMs === undefined) return;
    const waitMs = Math.min(nextMs - nowMs, MAX_WAIT_MS);
    // A command posted since `seen` was read makes the word differ, and the wait returns at once.
    if (waitMs > 0) Atomics.wait(wake, 0, seen, waitMs);
    seen = Atomics.load(wake, 0);
    drain();
    core.step(monotonicMs());
    setImmediate(turn);
  };
  return {
    get turning() {
      return turning;
    },
    changed() {
      if (turning || core.nextMs === undefined) return;
      turning = true;
      setImmediate(turn);
    },
  };
}
