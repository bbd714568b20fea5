import type { Clock, Timer } from "./clock.ts";

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * A clock that stands still until `advance` moves it: minutes pass in milliseconds.
 * Timers fire in the order of their deadlines; between two of them all promise work that is ready runs.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #startMs: number;
  readonly #pending = new Set<Pending>();

  constructor(startMs = 1_700_000_000_000) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const pending = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** How many timers are set: 0 after everything was released. */
  get timers(): number {
    return this.#pending.size;
  }

  /** Moves time forward by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.fire();
      await settle();
    }
    this.#nowMs = until;
  }

  /** Moves time from timer to timer until `done` settles; fails when nothing is left to wait for. */
  async runUntil<T>(done: Promise<T>, limitMs = 24 * 3_600_000): Promise<T> {
    let settled = false;
    const finish = () => {
      settled = true;
    };
    done.then(finish, finish);
    const limit = this.#nowMs + limitMs;
    await settle();
    while (!settled) {
      const next = this.#next(limit);
      if (!next) throw new Error(`nothing happens any more, ${this.#pending.size} timers beyond the limit`);
      await this.advance(next.dueMs - this.#nowMs);
    }
    return done;
  }

  #next(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.dueMs > untilMs) continue;
      if (!first || pending.dueMs < first.dueMs || (pending.dueMs === first.dueMs && pending.order < first.order)) {
        first = pending;
      }
    }
    return first;
  }
}

/** Lets all promise work that is ready run: a turn of the event loop comes after every microtask. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
