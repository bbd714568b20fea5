import { type Kysely, sql } from "kysely";
import type { Step } from "./old-calls.ts";
import { FIRST, isBefore, isBehind, placeOf, type Place } from "./place.ts";
import { addRemovals } from "./removals.ts";
import type { RecordingRow, Schema } from "./schema.ts";

const RECORDINGS = 50;
/** Of the index alone: a step takes well below a millisecond. */
const MEASURED = 1000;

/** One step of `deleteOldRecordings`. */
export interface RecordingsStep extends Step {
  /** What the deleted ones took. */
  readonly bytes: number;
  /** Files that are to be deleted now. */
  readonly files: readonly string[];
}

/**
 * Takes recordings that ended before `beforeMs` out of the database, the oldest first, and notes their files as to be
 * deleted. One stays while its call goes on, or while the event that tells where it can be fetched waits to be delivered.
 */
export async function deleteOldRecordings(db: Kysely<Schema>, beforeMs: number, after: Place = FIRST, limit = RECORDINGS): Promise<RecordingsStep> {
  const old = await db
    .selectFrom("recordings")
    .select(["id", "completed_ms"])
    .where("status", "<>", "recording")
    .where("completed_ms", "<", beforeMs)
    .where(isBehind("completed_ms", after))
    .orderBy("completed_ms")
    .orderBy("id")
    .limit(limit)
    .execute();
  const last = old.at(-1);
  if (!last) return { deleted: 0, bytes: 0, files: [] };
  const gone = await takeOut(db, old.map(({ id }) => id));
  const bytes = gone.reduce((sum, recording) => sum + (recording.bytes ?? 0), 0);
  return { deleted: gone.length, bytes, files: gone.map(({ file }) => file), next: placeOf(last.id, last.completed_ms) };
}

/** Takes recordings out of the database that nobody needs any more; gives those that were taken out. */
export async function takeOut(db: Kysely<Schema>, ids: readonly string[]): Promise<readonly Pick<RecordingRow, "file" | "bytes">[]> {
  const gone = await db
    .deleteFrom("recordings")
    .where("id", "in", ids)
    .where("status", "<>", "recording")
    .where((of) =>
      of.exists(of.selectFrom("calls").select("id").whereRef("calls.id", "=", "recordings.call_id").where("status", "=", "ended")),
    )
    .where((of) =>
      of.not(of.exists(of.selectFrom("events").select("id").where("state", "=", "pending").where("ends", "=", sql<string>`'recording ' || recordings.id`))),
    )
    .returning(["file", "bytes"])
    .execute();
  await addRemovals(db, gone.map(({ file }) => file));
  return gone;
}

/** One step of adding up what recordings take, from the newest one back. */
export interface Sum {
  readonly bytes: number;
  /** Where the next step begins; absent: that was the oldest. */
  readonly next?: Place | undefined;
  /** The first one, seen from the newest, with which `limit` is exceeded. */
  readonly exceeding?: Place | undefined;
}

/** Adds up what recordings take, those before `sum.next`; ends where more than `limit` is reached. */
export async function addUpRecordings(db: Kysely<Schema>, sum: Sum, limit: number): Promise<Sum> {
  const rows = await db
    .selectFrom("recordings")
    .select(["id", "completed_ms", "bytes"])
    .where("status", "<>", "recording")
    .$if(sum.next !== undefined, (query) => query.where(isBefore("completed_ms", sum.next ?? FIRST)))
    .orderBy("completed_ms", "desc")
    .orderBy("id", "desc")
    .limit(MEASURED)
    .execute();
  let { bytes } = sum;
  for (const row of rows) {
    bytes += row.bytes ?? 0;
    if (bytes > limit) return { bytes, exceeding: placeOf(row.id, row.completed_ms) };
  }
  const last = rows.length < MEASURED ? undefined : rows.at(-1);
  return { bytes, next: last && placeOf(last.id, last.completed_ms) };
}

/** Recordings of which nobody knows yet what they take. */
export async function unmeasuredRecordings(db: Kysely<Schema>): Promise<readonly Pick<RecordingRow, "id" | "file">[]> {
  return await db.selectFrom("recordings").select(["id", "file"]).where("bytes", "is", null).where("status", "<>", "recording").limit(RECORDINGS).execute();
}

export async function measureRecording(db: Kysely<Schema>, id: string, bytes: number): Promise<void> {
  await db.updateTable("recordings").set({ bytes }).where("id", "=", id).execute();
}
