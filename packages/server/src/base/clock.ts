/** A timer that was set and can be taken back. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** The only source of time: everything that waits takes a `Clock`, so that tests can move time themselves. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back; has a fractional part. */
  monotonicMs(): number;
  /** Calls `fire` once after `delayMs`. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

/** The machine's clock. Its timers keep the process alive unless `unref` is asked for. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, fire) {
    if (delayMs > LONGEST_MS) return longTimer(delayMs, fire);
    const handle = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** What Node's timers can wait for (2^31 - 1 ms, 24.8 days): asked for more, they fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Waits in steps that are short enough: peers may ask for sessions of years (RFC 4028 §4). */
function longTimer(delayMs: number, fire: () => void): Timer {
  let current: Timer;
  const wait = (leftMs: number) => {
    const stepMs = Math.min(leftMs, LONGEST_MS);
    current = systemClock.setTimer(stepMs, () => (leftMs > stepMs ? wait(leftMs - stepMs) : fire()));
  };
  wait(delayMs);
  return { cancel: () => current.cancel() };
}

/** Waits `delayMs`; rejects with the signal's reason when `signal` aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const aborted = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    });
    signal?.addEventListener("abort", aborted, { once: true });
  });
}

/** Calls `fire` every `everyMs` until the returned timer is cancelled. Deadlines are absolute: no drift. */
export function setRepeating(clock: Clock, everyMs: number, fire: () => void): Timer {
  let next = clock.monotonicMs() + everyMs;
  let timer: Timer;
  let cancelled = false;
  const tick = () => {
    fire();
    if (cancelled) return;
    next = Math.max(next + everyMs, clock.monotonicMs());
    timer = clock.setTimer(next - clock.monotonicMs(), tick);
  };
  timer = clock.setTimer(everyMs, tick);
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}
