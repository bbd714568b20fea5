import type { Clock, Timer } from "../../base/index.ts";
import type { ReturnPath } from "../transport/network.ts";

/** What is left of a server transaction that has said its last word. */
export interface Rest {
  /** For whoever finds out about requests that came twice. */
  readonly merge: string | undefined;
  /** What a repetition is answered by; without it, repetitions are absorbed. */
  readonly last?: { readonly path: ReturnPath; readonly bytes: Uint8Array };
}

/**
 * Server transactions in their last state, Completed (RFC 3261 Figure 8) or Accepted (RFC 6026 Figure 8), until timer J or
 * L. That is 32 s after a call of a second: at 500 calls a second most of what the process would hold are requests that
 * nobody will look at any more. Here they are down to a key and the bytes that were sent, and share one timer.
 */
export interface Lingering {
  add(key: string, rest: Rest): void;
  get(key: string): Rest | undefined;
  delete(key: string): void;
  readonly size: number;
  close(): void;
}

/** Nobody minds if it is as much longer, and it makes one wake-up of many. */
const SWEEP_MS = 50;

/** `forgotten` is told of each that nobody can ask for any more, `forMs` after it was added. */
export function createLingering(clock: Clock, forMs: number, forgotten: (key: string, rest: Rest) => void): Lingering {
  // All wait equally long: the first one in is the first one out.
  const rests = new Map<string, { readonly rest: Rest; readonly untilMs: number }>();
  let timer: Timer | undefined;
  const sweep = () => {
    timer = undefined;
    const nowMs = clock.monotonicMs();
    for (const [key, { rest, untilMs }] of rests) {
      if (untilMs > nowMs) return wait(untilMs - nowMs);
      rests.delete(key);
      forgotten(key, rest);
    }
  };
  const wait = (delayMs: number) => {
    timer = clock.setTimer(Math.max(SWEEP_MS, delayMs), sweep);
  };
  return {
    add(key, rest) {
      rests.set(key, { rest, untilMs: clock.monotonicMs() + forMs });
      if (!timer) wait(forMs);
    },
    get: (key) => rests.get(key)?.rest,
    delete: (key) => void rests.delete(key),
    get size() {
      return rests.size;
    },
    close() {
      timer?.cancel();
      rests.clear();
    },
  };
}
