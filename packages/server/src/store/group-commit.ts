import type { Kysely } from "kysely";
import { type Clock, PiopiyError, type Timer } from "../base/index.ts";
import type { Schema } from "./schema.ts";

/** Writes on an open transaction. It may run twice (see `groupCommit`), so it does nothing but queries. */
export type Work<T> = (db: Kysely<Schema>) => Promise<T>;

export interface GroupCommit {
  /** Resolves when `work` is durable. Everything that was handed over before is committed with it. */
  readonly write: <T>(work: Work<T>) => Promise<T>;
  /** The same for what nobody waits for: it may stay in memory for up to `LAZY_MS`. */
  readonly writeSoon: <T>(work: Work<T>) => Promise<T>;
  /** Resolves when everything handed over so far is durable or has failed. */
  readonly flush: () => Promise<void>;
  /** Writes that were refused because the queue was full. */
  readonly refused: number;
}

/** How long a timeline entry may wait for company: one disk flush then serves many calls. */
const LAZY_MS = 20;
const BATCH = 256;
const QUEUE_LIMIT = 20_000;

interface Job {
  run(db: Kysely<Schema>): Promise<unknown>;
  done(): void;
  failed(failure: unknown): void;
}

/**
 * Puts writes that come close together into one transaction, in their order. When one of them fails, the
 * transaction is taken back and each is tried on its own, so that nobody suffers from a neighbour.
 */
export function groupCommit(db: Kysely<Schema>, clock: Clock): GroupCommit {
  const queue: Job[] = [];
  let working: Promise<void> | undefined;
  let lazy: Timer | undefined;
  let refused = 0;
  const start = () => {
    lazy?.cancel();
    lazy = undefined;
    working ??= drain(db, queue, () => {
      working = undefined;
    });
  };
  const enqueue = <T>(work: Work<T>): Promise<T> => {
    if (queue.length >= QUEUE_LIMIT) {
      refused += 1;
      return Promise.reject(new PiopiyError("internal", "The database does not keep up: a write was refused."));
    }
    const { job, promise } = jobOf(work);
    queue.push(job);
    return promise;
  };
  return {
    write(work) {
      const result = enqueue(work);
      start();
      return result;
    },
    writeSoon(work) {
      const result = enqueue(work);
      lazy ??= clock.setTimer(LAZY_MS, start);
      return result;
    },
    async flush() {
      while (queue.length > 0 || working) {
        start();
        await working;
      }
    },
    get refused() {
      return refused;
    },
  };
}

function jobOf<T>(work: Work<T>): { readonly job: Job; readonly promise: Promise<T> } {
  let result: { readonly value: T } | undefined;
  let settle: { resolve: (value: T) => void; reject: (failure: unknown) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const job: Job = {
    async run(db) {
      result = { value: await work(db) };
    },
    done() {
      if (result) settle?.resolve(result.value);
    },
    failed: (failure) => settle?.reject(failure),
  };
  return { job, promise };
}

// `empty` is called in the same breath as the queue was seen empty: what comes later starts a new drain.
async function drain(db: Kysely<Schema>, queue: Job[], empty: () => void): Promise<void> {
  // A turn of the microtask queue lets everything written in the same breath join the first transaction.
  await Promise.resolve();
  while (queue.length > 0) {
    const batch = queue.splice(0, BATCH);
    if (await commit(db, batch)) continue;
    for (const job of batch) await commit(db, [job]);
  }
  empty();
}

/** False: nothing of it was written, and nobody was told, since each will be tried alone. */
async function commit(db: Kysely<Schema>, batch: readonly Job[]): Promise<boolean> {
  try {
    await db.transaction().execute(async (transaction) => {
      for (const job of batch) await job.run(transaction);
    });
  } catch (failure) {
    if (batch.length > 1) return false;
    batch[0]?.failed(failure);
    return true;
  }
  for (const job of batch) job.done();
  return true;
}
