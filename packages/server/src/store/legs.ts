import { type Insertable, type Kysely, sql } from "kysely";
import type { LegRow, Schema } from "./schema.ts";
import { execute, insertRow, updateLiving } from "./statements.ts";

export async function insertLeg(db: Kysely<Schema>, leg: Insertable<Schema["legs"]>): Promise<void> {
  await insertRow(db, "legs", leg);
}

/** Changes a leg that has not ended: its end is written once and stands. */
export async function updateLeg(
  db: Kysely<Schema>,
  id: string,
  change: Partial<Pick<LegRow, "status" | "ringing_ms" | "answered_ms" | "ended_ms" | "cause" | "ended_by" | "sip_status" | "sip_call_id">>,
): Promise<void> {
  await updateLiving(db, "legs", id, change);
}

/** What the media of a leg came to; it is known after the leg's end. */
export async function noteLegMedia(db: Kysely<Schema>, id: string, media: unknown): Promise<void> {
  await execute(db, "update legs set media = ? where id = ?", [JSON.stringify(media), id]);
}

/** A call's legs in the order they were started. */
export async function readLegs(db: Kysely<Schema>, callId: string): Promise<readonly LegRow[]> {
  // `rowid` is the order of insertion; two legs of a group begin in the same millisecond.
  return await db.selectFrom("legs").selectAll().where("call_id", "=", callId).orderBy("started_ms").orderBy(sql`rowid`).execute();
}
