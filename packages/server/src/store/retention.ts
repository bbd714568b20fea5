import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Schema } from "./schema.ts";

/** What is deleted of the events; what still waits to be delivered never is. */
export interface OldEvents {
  /** Those that were delivered, or that nobody was to be told of, made before this moment. */
  readonly doneBeforeMs?: number | undefined;
  /** Those whose delivery was given up, made before this moment. */
  readonly givenUpBeforeMs?: number | undefined;
}

/**
 * Deletes old events with the attempts to deliver them, the oldest first, at most `limit`; tells how many. With a CDR
 * goes what `GET` tells of it; the call, its legs and its timeline stay.
 */
export async function deleteOldEvents(db: Kysely<Schema>, old: OldEvents, limit: number): Promise<number> {
  const done = await deleteSome(db, DONE, old.doneBeforeMs, limit);
  return done + (await deleteSome(db, GIVEN_UP, old.givenUpBeforeMs, limit - done));
}

// As the indexes have it: of a list of parameters SQLite does not see that an index of those states would do.
const DONE = sql<boolean>`state in ('delivered', 'unaddressed')`;
const GIVEN_UP = sql<boolean>`state = 'given_up'`;

async function deleteSome(db: Kysely<Schema>, state: RawBuilder<boolean>, beforeMs: number | undefined, limit: number): Promise<number> {
  if (beforeMs === undefined || limit <= 0) return 0;
  const old = db.selectFrom("events").select("id").where(state).where("created_ms", "<", beforeMs);
  const { numDeletedRows } = await db.deleteFrom("events").where("id", "in", old.orderBy("created_ms").limit(limit)).executeTakeFirst();
  return Number(numDeletedRows);
}
