import { type Kysely, sql } from "kysely";
import { FIRST, isBehind, placeOf, type Place } from "./place.ts";
import type { Schema } from "./schema.ts";
import { readSetting, writeSetting } from "./settings.ts";

/** One step through what is old; a step is short, so that others who write need not wait. */
export interface Step {
  /** Rows that were deleted. */
  readonly deleted: number;
  /** Where the next step begins; absent: there is nothing left to look at. */
  readonly next?: Place | undefined;
}

const CALLS = 50;
const ENTRIES = 1000;
/** Everything that ended up to here has lost its timeline. Kept, so that a start does not look at every call again. */
const TIMELINES_DONE = "retention.timelines";

/**
 * Deletes entries of the timelines of calls that ended before `beforeMs`, and what those calls performed; the calls, their
 * legs, events and recordings stay.
 */
export async function deleteOldTimelines(db: Kysely<Schema>, beforeMs: number): Promise<Step> {
  const calls = await endedCalls(db, await timelinesDone(db), beforeMs);
  const last = calls.at(-1);
  if (!last) return { deleted: 0 };
  const ids = calls.map(({ id }) => id);
  const some = db.selectFrom("timeline").select(["call_id", "sequence"]).where("call_id", "in", ids).limit(ENTRIES);
  const { numDeletedRows } = await db
    .deleteFrom("timeline")
    .where((where) => where(where.refTuple("call_id", "sequence"), "in", some.$asTuple("call_id", "sequence")))
    .executeTakeFirst();
  const deleted = Number(numDeletedRows);
  const next = placeOf(last.id, last.ended_ms);
  if (deleted < ENTRIES) {
    await db.updateTable("calls").set({ flow: "[]", options: "{}" }).where("id", "in", ids).execute();
    await writeSetting(db, TIMELINES_DONE, JSON.stringify(next));
  }
  return { deleted, next };
}

/**
 * Deletes calls that ended before `beforeMs`, with their legs and all that was told of them. A call stays as long as one of
 * its recordings is there, or an event of it waits to be delivered.
 */
export async function deleteOldCalls(db: Kysely<Schema>, beforeMs: number, after: Place = FIRST): Promise<Step> {
  const calls = await endedCalls(db, after, beforeMs);
  const last = calls.at(-1);
  if (!last) return { deleted: 0 };
  const { numDeletedRows } = await db
    .deleteFrom("calls")
    .where("id", "in", calls.map(({ id }) => id))
    .where((of) => of.not(of.exists(of.selectFrom("recordings").select("id").whereRef("call_id", "=", "calls.id"))))
    .where((of) => of.not(of.exists(pendingOf(db))))
    .executeTakeFirst();
  return { deleted: Number(numDeletedRows), next: placeOf(last.id, last.ended_ms) };
}

/** The events of the row of `calls` that is looked at which wait to be delivered. */
export const pendingOf = (db: Kysely<Schema>) =>
  db.selectFrom("events").select("id").where("state", "=", "pending").where(sql.ref("call_id"), "=", sql.ref("calls.id"));

async function endedCalls(db: Kysely<Schema>, after: Place, beforeMs: number) {
  return await db
    .selectFrom("calls")
    .select(["id", "ended_ms"])
    .where("status", "=", "ended")
    .where("ended_ms", "<", beforeMs)
    .where(isBehind("ended_ms", after))
    .orderBy("ended_ms")
    .orderBy("id")
    .limit(CALLS)
    .execute();
}

async function timelinesDone(db: Kysely<Schema>): Promise<Place> {
  const kept = await readSetting(db, TIMELINES_DONE);
  return kept === undefined ? FIRST : { ...FIRST, ...JSON.parse(kept) };
}
