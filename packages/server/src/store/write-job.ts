import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Writes on an open transaction. It may run more than once (see `groupCommit`), so it does nothing but queries. */
export type Work<T> = (db: Kysely<Schema>) => Promise<T>;

/** A write that waits for its transaction. */
export interface Job<Row> {
  /** Since then it is not tried any more. */
  readonly deadlineMs: number;
  /** Appended after it, and before the next one. */
  readonly rows: Row[];
  run(db: Kysely<Schema>): Promise<unknown>;
  done(): void;
  failed(failure: unknown): void;
}

/** The write and what its owner waits for. */
export function jobOf<T, Row>(work: Work<T>, deadlineMs: number): { readonly job: Job<Row>; readonly promise: Promise<T> } {
  let result: { readonly value: T } | undefined;
  let settle: { resolve: (value: T) => void; reject: (failure: unknown) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const job: Job<Row> = {
    deadlineMs,
    rows: [],
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
