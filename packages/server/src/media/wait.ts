import type { Core } from "./core.ts";
import type { Command } from "./protocol.ts";

/** No wait is longer than this: what is received has to be read before the kernel's buffers are full. */
const MAX_WAIT_MS = 5;

/**
 * Runs the core in a worker: waits for the next deadline without the event loop, whose timers count whole
 * milliseconds and which wakes for every single datagram, then lets the loop read all sockets in one turn.
 * While no session has media the loop is left alone, and the thread sleeps in it.
 */
export function driveByWaiting(core: Core, wake: Int32Array, monotonicMs: () => number): (command: Command) => void {
  let turning = false;
  let seen = 0;
  const turn = () => {
    const { nextMs } = core;
    turning = nextMs !== undefined;
    if (nextMs === undefined) return;
    const waitMs = Math.min(nextMs - monotonicMs(), MAX_WAIT_MS);
    // A command posted since `seen` was read makes the word differ, and the wait returns at once.
    if (waitMs > 0) Atomics.wait(wake, 0, seen, waitMs);
    seen = Atomics.load(wake, 0);
    core.step(monotonicMs());
    setImmediate(turn);
  };
  return (command) => {
    core.handle(command);
    if (turning || core.nextMs === undefined) return;
    turning = true;
    setImmediate(turn);
  };
}
