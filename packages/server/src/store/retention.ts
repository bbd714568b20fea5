import type { Kysely } from "kysely";
import type { EventState, Schema } from "./schema.ts";

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
  const done = await deleteSome(db, ["delivered", "unaddressed"], old.doneBeforeMs, limit);
  return done + (await deleteSome(db, ["given_up"], old.givenUpBeforeMs, limit - done));
}

async function deleteSome(db: Kysely<Schema>, states: readonly EventState[], beforeMs: number | undefined, limit: number): Promise<number> {
  if (beforeMs === undefined || limit <= 0) return 0;
  const old = db.selectFrom("events").select("id").where("state", "in", states).where("created_ms", "<", beforeMs);
  const { numDeletedRows } = await db.deleteFrom("events").where("id", "in", old.orderBy("created_ms").limit(limit)).executeTakeFirst();
  return Number(numDeletedRows);
}
