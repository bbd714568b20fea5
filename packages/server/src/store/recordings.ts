import { type Kysely, sql } from "kysely";
import type { RecordingRow, Schema } from "./schema.ts";

/** A recording that begins; `file` is where it will lie. */
export async function insertRecording(
  db: Kysely<Schema>,
  recording: Pick<RecordingRow, "id" | "call_id" | "leg_id" | "file" | "channels" | "started_ms">,
): Promise<void> {
  await db
    .insertInto("recordings")
    .values({ ...recording, status: "recording", duration_ms: null, completed_ms: null })
    .execute();
}

/** Its end, which is written once. */
export async function finishRecording(
  db: Kysely<Schema>,
  id: string,
  end: {
    readonly status: "completed" | "failed" | "interrupted";
    readonly duration_ms: number | null;
    readonly completed_ms: number;
    /** Where it is known. */
    readonly bytes?: number | null;
  },
): Promise<void> {
  await db.updateTable("recordings").set(end).where("id", "=", id).where("status", "=", "recording").execute();
}

export async function readRecordings(db: Kysely<Schema>, callId: string): Promise<readonly RecordingRow[]> {
  return await db.selectFrom("recordings").selectAll().where("call_id", "=", callId).orderBy("started_ms").orderBy(sql`rowid`).execute();
}

/** A recording of one of the app's calls. */
export async function findRecording(db: Kysely<Schema>, appid: string, id: string): Promise<RecordingRow | undefined> {
  return await db
    .selectFrom("recordings")
    .innerJoin("calls", "calls.id", "recordings.call_id")
    .selectAll("recordings")
    .where("calls.appid", "=", appid)
    .where("recordings.id", "=", id)
    .executeTakeFirst();
}
