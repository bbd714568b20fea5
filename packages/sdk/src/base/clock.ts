/** A timer that was set and can be taken back. */
interface Timer {
  cancel(): void;
}

/** The only source of time: whatever waits takes a `Clock`. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs`. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, fire) {
    const handle = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** The longest delay that a timer of the platform can hold: 2^31 - 1 ms, about 24 days. */
export const longestDelayMs = 2_147_483_647;

/** Milliseconds since the Unix epoch of an HTTP date (RFC 9110 §5.6.7), or undefined when it is none. */
export function parseHttpDate(text: string): number | undefined {
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** What `within` returns when the time was over first. */
export const timedOut: unique symbol = Symbol("timed out");

/**
 * The result of `work`, or `timedOut` after `limitMs`. The signal that `work` gets aborts at the limit and together
 * with `parent`; when `parent` aborts, the promise rejects with its reason, even if `work` does not heed its signal.
 */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | typeof timedOut> {
  parent?.throwIfAborted();
  const own = new AbortController();
  const release: (() => void)[] = [];
  const stop = new Promise<typeof timedOut>((resolve, reject) => {
    const timer = clock.setTimer(limitMs, () => {
      resolve(timedOut);
      own.abort();
    });
    const aborted = () => {
      reject(parent?.reason);
      own.abort(parent?.reason);
    };
    parent?.addEventListener("abort", aborted, { once: true });
    release.push(() => timer.cancel(), () => parent?.removeEventListener("abort", aborted));
  });
  try {
    return await Promise.race([work(own.signal), stop]);
  } finally {
    for (const free of release) free();
  }
}

/** Waits `delayMs`; rejects with the signal's reason when `signal` aborts first. */
export async function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  await within(clock, delayMs, signal, () => new Promise<never>(() => undefined));
}
