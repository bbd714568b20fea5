import { channels, scope, sleep, type Timer } from "../base/index.ts";
import { dueEvents, type EventRow, nextDueMs, recordAttempt, type Store } from "../store/index.ts";
import { attempt, type Attempting } from "./attempt.ts";
import { createPlaces } from "./places.ts";

export interface OutboxOptions extends Omit<Attempting, "retryAfterMs" | "timeoutMs"> {
  readonly store: Store;
  /** 5, 10 and 15 minutes unless given. */
  readonly retryAfterMs?: readonly number[] | undefined;
  /** 10 s unless given. */
  readonly timeoutMs?: number | undefined;
  /** Requests under way to one host at a time; 8 unless given. */
  readonly perHost?: number | undefined;
}

/** Delivers what the store's outbox holds. The store is the queue: here is only what is under way. */
export interface Outbox {
  /** Something may be due: sends it. */
  wake(): void;
  /** Resolves when nothing is due and nothing under way. */
  idle(): Promise<void>;
  /** Stops; what is under way is given up and stays in the outbox. */
  close(): Promise<void>;
  /** Attempts since the start, by what came of them; one that failed will be made again. */
  readonly totals: Readonly<Record<"delivered" | "failed" | "given_up", number>>;
}

const RETRY_AFTER_MS = [300_000, 600_000, 900_000];
const TIMEOUT_MS = 10_000;
const PER_HOST = 8;
const AT_ONCE = 64;
/** A database that failed is asked again so much later. */
const AFTER_FAILURE_MS = 1000;

export function createOutbox(options: OutboxOptions): Outbox {
  return new Deliveries(options);
}

class Deliveries implements Outbox {
  readonly totals = { delivered: 0, failed: 0, given_up: 0 };
  readonly #store: Store;
  readonly #attempting: Attempting;
  readonly #places;
  readonly #life = scope();
  readonly #underWay = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #looking: Promise<void> | undefined;
  #again = false;
  #timer: Timer | undefined;

  constructor(options: OutboxOptions) {
    const { retryAfterMs = RETRY_AFTER_MS, timeoutMs = TIMEOUT_MS, perHost = PER_HOST } = options;
    this.#store = options.store;
    this.#attempting = { ...options, retryAfterMs, timeoutMs };
    this.#places = createPlaces({ total: AT_ONCE, perOrigin: perHost });
  }

  wake(): void {
    this.#again = true;
    if (!this.#life.signal.aborted) this.#looking ??= this.#look();
  }

  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#life.signal.aborted) return resolve();
      this.#waiting.push(resolve);
      return this.wake();
    });
  }

  async close(): Promise<void> {
    this.#life.close();
    this.#timer?.cancel();
    await this.#looking;
    await Promise.all(this.#underWay);
    for (const tell of this.#waiting.splice(0)) tell();
  }

  async #look(): Promise<void> {
    let nextMs: number | undefined;
    this.#timer?.cancel();
    try {
      while (this.#again && !this.#life.signal.aborted) {
        this.#again = false;
        // One moment for both questions: what falls due between two would be found by neither.
        const nowMs = this.#attempting.clock.now();
        if (await this.#pass(nowMs)) this.#again = true;
        nextMs = await nextDueMs(this.#store.db, nowMs);
      }
    } catch (failure) {
      channels.failure.publish({ layer: "outbox", failure });
      nextMs = this.#attempting.clock.now() + AFTER_FAILURE_MS;
    }
    // In the same turn as the last look at `again`: a wake that comes from now on starts anew.
    this.#looking = undefined;
    if (this.#life.signal.aborted) return;
    if (nextMs !== undefined) this.#timer = this.#attempting.clock.setTimer(nextMs - this.#attempting.clock.now(), () => this.wake());
    if (this.#underWay.size === 0) for (const tell of this.#waiting.splice(0)) tell();
  }

  /** Sends what is due and finds a place. True: what was found was too much for its host, and others may be behind it. */
  async #pass(nowMs: number): Promise<boolean> {
    const due = await dueEvents(this.#store.db, { nowMs, limit: AT_ONCE * 2, exceptOrigins: this.#places.full });
    if (this.#life.signal.aborted) return false;
    const refused = due.filter((event) => {
      const verdict = this.#places.take(event);
      if (verdict === "taken") this.#start(event);
      return verdict === "full";
    });
    return refused.length > 0 && this.#places.free;
  }

  #start(event: EventRow): void {
    const sending = this.#send(event).finally(() => {
      this.#underWay.delete(sending);
      this.#places.leave(event);
      this.wake();
    });
    this.#underWay.add(sending);
  }

  /** Never rejects: an attempt that cannot be written down will be made again. */
  async #send(event: EventRow): Promise<void> {
    try {
      const result = await attempt(event, this.#attempting, this.#life.signal);
      if (!result) return;
      await this.#store.write((db) => recordAttempt(db, event, result), { patient: true });
      this.totals[result.state === "pending" ? "failed" : result.state] += 1;
    } catch (failure) {
      channels.failure.publish({ layer: "outbox", failure });
      // It is due still: without a pause it would be sent again and again while the database is broken.
      await sleep(this.#attempting.clock, AFTER_FAILURE_MS, this.#life.signal).catch(() => undefined);
    }
  }
}
