import type { Kysely } from "kysely";
import { channels, type Clock, PiopiyError, type Timer } from "../base/index.ts";
import type { Schema } from "./schema.ts";
import { runDirectly, type Run } from "./statements.ts";
import { jobOf, type Job, type Work } from "./write-job.ts";

export interface WriteOptions {
  /** Nobody waits for it, and it must not be lost: while the database cannot be written, it is kept for ten minutes. */
  readonly patient?: boolean;
}

export interface GroupCommit<Row> {
  /**
   * Resolves when `work` is durable. Everything that was handed over before is committed with it. Rejects with
   * `store_failed` when the database cannot be written for 5 s.
   */
  readonly write: <T>(work: Work<T>, options?: WriteOptions) => Promise<T>;
  /** The same for what nobody waits for: it may stay in memory for up to `LAZY_MS`, and is patient. */
  readonly writeSoon: <T>(work: Work<T>) => Promise<T>;
  /**
   * A row of a log, whose place among the writes around it does not matter: those of a transaction are written at its end,
   * all by one statement. As patient as `writeSoon`; a failure is published.
   */
  readonly append: (row: Row) => void;
  /** Resolves when everything handed over so far is durable or has failed; at once while the database cannot be written. */
  readonly flush: () => Promise<void>;
  /** The same, and waits for a database that cannot be written; after 5 s what is left fails. */
  readonly end: () => Promise<void>;
  /** Writes that were refused because the queue was full. */
  readonly refused: number;
  /** False since a commit failed for the database's own sake, until one succeeds. */
  readonly available: boolean;
}

/** How long a timeline entry may wait for company: one disk flush then serves many calls. */
const LAZY_MS = 20;
const BATCH = 256;
const QUEUE_LIMIT = 20_000;
/** How long a write is tried while the database is held by another program, or its disk is full. */
const IMPATIENT_MS = 5000;
const PATIENT_MS = 600_000;
/** Between two attempts then: at first, and at most. */
const PAUSE_MS = { first: 100, most: 1000 } as const;

export interface GroupCommitOptions<Row> {
  readonly clock: Clock;
  /** Brings what is committed to the disk. */
  readonly sync: () => Promise<void>;
  readonly insertRows: (db: Kysely<Schema>, rows: readonly Row[]) => Promise<void>;
  /** The short way to the connection of the transaction. */
  readonly run?: Run;
}

/**
 * Puts writes that come close together into one transaction, in their order. When one of them fails, the
 * transaction is taken back and each is tried on its own, so that nobody suffers from a neighbour. When it is the
 * database that fails, all of them wait, in their order, and are tried again until their time is over.
 */
export function groupCommit<Row>(db: Kysely<Schema>, options: GroupCommitOptions<Row>): GroupCommit<Row> {
  const queue = new Queue(db, options);
  return {
    write(work, { patient = false } = {}) {
      const result = queue.add(work, patient ? PATIENT_MS : IMPATIENT_MS);
      queue.start();
      return result;
    },
    writeSoon(work) {
      const result = queue.add(work, PATIENT_MS);
      queue.startSoon();
      return result;
    },
    append(row) {
      queue.append(row);
      queue.startSoon();
    },
    flush: () => queue.flush(),
    end: () => queue.end(),
    get refused() {
      return queue.refused;
    },
    get available() {
      return queue.available;
    },
  };
}

class Queue<Row> {
  refused = 0;
  available = true;
  readonly #db: Kysely<Schema>;
  readonly #clock: Clock;
  readonly #sync: () => Promise<void>;
  readonly #insertRows: GroupCommitOptions<Row>["insertRows"];
  readonly #run: Run | undefined;
  readonly #jobs: Job<Row>[] = [];
  /** In all of `#jobs`. */
  #rows = 0;
  /** So many of the first ones are to be written now; the others wait for company. */
  #due = 0;
  /** Those who wait for all to be durable. */
  readonly #flushing = new Set<() => void>();
  #working: Promise<void> | undefined;
  #lazy: Timer | undefined;
  /** Nobody waits longer. */
  #endMs = Infinity;

  constructor(db: Kysely<Schema>, { clock, sync, insertRows, run }: GroupCommitOptions<Row>) {
    this.#db = db;
    this.#clock = clock;
    this.#sync = sync;
    this.#insertRows = insertRows;
    this.#run = run;
  }

  add<T>(work: Work<T>, waitMs: number): Promise<T> {
    if (this.#isFull()) return Promise.reject(new PiopiyError("store_failed", "The database does not keep up: a write was refused."));
    const { job, promise } = jobOf<T, Row>(work, this.#clock.monotonicMs() + waitMs);
    this.#jobs.push(job);
    return promise;
  }

  append(row: Row): void {
    if (this.#isFull()) return lost(new PiopiyError("store_failed", "The database does not keep up: an entry was refused."));
    let last = this.#jobs.at(-1);
    if (!last) this.#jobs.push((last = this.#jobOfRows([])));
    last.rows.push(row);
    this.#rows += 1;
  }

  #isFull(): boolean {
    const full = this.#jobs.length + this.#rows >= QUEUE_LIMIT;
    if (full) this.refused += 1;
    return full;
  }

  #jobOfRows(rows: readonly Row[]): Job<Row> {
    return {
      deadlineMs: this.#clock.monotonicMs() + PATIENT_MS,
      rows: [],
      run: async (db) => rows.length > 0 && (await this.#insertRows(db, rows)),
      done: () => undefined,
      failed: lost,
    };
  }

  start(): void {
    this.#lazy?.cancel();
    this.#lazy = undefined;
    this.#due = this.#jobs.length;
    this.#working ??= this.#drain();
  }

  startSoon(): void {
    this.#lazy ??= this.#clock.setTimer(LAZY_MS, () => this.start());
  }

  async flush(): Promise<void> {
    while (this.available && (this.#jobs.length > 0 || this.#working)) {
      this.start();
      let woken: () => void = () => undefined;
      const broken = new Promise<void>((resolve) => this.#flushing.add((woken = resolve)));
      await Promise.race([this.#working, broken]);
      // Its own alone: two who wake each other would go on for ever.
      this.#flushing.delete(woken);
    }
  }

  async end(): Promise<void> {
    this.#endMs = this.#clock.monotonicMs() + IMPATIENT_MS;
    while (this.#jobs.length > 0 || this.#working) {
      this.start();
      await this.#working;
    }
  }

  #count(): void {
    this.#rows = this.#jobs.reduce((sum, { rows }) => sum + rows.length, 0);
  }

  #release(): void {
    for (const resolve of this.#flushing) resolve();
    this.#flushing.clear();
  }

  async #drain(): Promise<void> {
    // A turn of the microtask queue lets everything written in the same breath join the first transaction.
    await Promise.resolve();
    let pauseMs: number = PAUSE_MS.first;
    while (this.#due > 0) {
      const batch = this.#jobs.splice(0, Math.min(BATCH, this.#due));
      this.#due -= batch.length;
      this.#count();
      const left = await this.#commitAll(batch);
      if (left.length === 0) {
        pauseMs = PAUSE_MS.first;
        continue;
      }
      this.#jobs.unshift(...left);
      this.#count();
      await this.#pause(pauseMs);
      this.#due = this.#jobs.length;
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most);
    }
    // In the same breath as the queue was seen empty: what comes later starts a new drain.
    this.#working = undefined;
  }

  /** What is left of the batch, because the database could not be written. */
  async #commitAll(batch: readonly Job<Row>[]): Promise<readonly Job<Row>[]> {
    const outcome = await this.#commit(batch);
    if (outcome === "unavailable") return batch;
    if (outcome === "done") return [];
    const single = batch.flatMap((job) => [{ ...job, rows: [] }, ...job.rows.map((row) => this.#jobOfRows([row]))]);
    for (const [index, job] of single.entries()) if ((await this.#commit([job])) === "unavailable") return single.slice(index);
    return [];
  }

  /** Unless it is done, nobody was told: each will be tried alone, or all of them again. */
  async #commit(batch: readonly Job<Row>[]): Promise<"done" | "failed" | "unavailable"> {
    const rows = batch.flatMap((job) => job.rows);
    try {
      await this.#db.transaction().execute(async (transaction) => {
        if (this.#run) runDirectly(transaction, this.#run);
        for (const job of batch) await job.run(transaction);
        if (rows.length > 0) await this.#insertRows(transaction, rows);
      });
    } catch (failure) {
      if (isUnavailable(failure)) {
        this.#unavailable(failure);
        return "unavailable";
      }
      if (batch.length + rows.length > 1) return "failed";
      batch[0]?.failed(failure);
      return "done";
    }
    await this.#settle(batch);
    return "done";
  }

  /**
   * It is committed; those who wait are told when it is on the disk. Where that fails it is not tried again: nobody
   * knows what became of it, and it may be there already.
   */
  async #settle(batch: readonly Job<Row>[]): Promise<void> {
    try {
      await this.#sync();
    } catch (failure) {
      this.#unavailable(failure);
      for (const job of batch) job.failed(failure);
      return;
    }
    this.available = true;
    for (const job of batch) job.done();
  }

  #unavailable(failure: unknown): void {
    if (this.available) channels.failure.publish({ layer: "store", failure });
    this.available = false;
    this.#release();
  }

  /** Waits, then gives up those whose time is over. */
  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.setTimer(delayMs, resolve));
    const nowMs = this.#clock.monotonicMs();
    const isOver = ({ deadlineMs }: Job<Row>) => Math.min(deadlineMs, this.#endMs) <= nowMs;
    const over = this.#jobs.filter(isOver);
    if (over.length === 0) return;
    const rest = this.#jobs.filter((job) => !isOver(job));
    this.#jobs.splice(0, this.#jobs.length, ...rest);
    this.#count();
    for (const job of over) job.failed(new PiopiyError("store_failed"));
  }
}

const isUnavailable = (failure: unknown): boolean => failure instanceof PiopiyError && failure.code === "store_failed";

/** Nobody waits for a row. */
const lost = (failure: unknown): void => channels.failure.publish({ layer: "store", failure });
