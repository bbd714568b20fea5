import type { Kysely } from "kysely";
import { findCall } from "./calls.ts";
import { pendingOf } from "./old-calls.ts";
import { takeOut } from "./old-recordings.ts";
import { findRecording } from "./recordings.ts";
import { addRemovals } from "./removals.ts";
import type { Schema } from "./schema.ts";

/** The files that are to be deleted now; or why nothing was deleted. */
export type ByHand = readonly string[] | "unknown" | "needed";

/**
 * Deletes one of the app's calls with everything that belongs to it. One that has not ended is `needed`, and one of which an
 * event waits to be delivered.
 */
export async function deleteCall(db: Kysely<Schema>, appid: string, anyId: string): Promise<ByHand> {
  const call = await findCall(db, appid, anyId);
  if (!call) return "unknown";
  const files = await db.selectFrom("recordings").select("file").where("call_id", "=", call.id).execute();
  const { numDeletedRows } = await db
    .deleteFrom("calls")
    .where("id", "=", call.id)
    .where("status", "=", "ended")
    .where((of) => of.not(of.exists(pendingOf(db))))
    .executeTakeFirst();
  if (Number(numDeletedRows) === 0) return "needed";
  const paths = files.map(({ file }) => file);
  await addRemovals(db, paths);
  return paths;
}

/** Deletes one of the app's recordings. It is `needed` while its call goes on, or its event waits to be delivered. */
export async function deleteRecording(db: Kysely<Schema>, appid: string, id: string): Promise<ByHand> {
  const recording = await findRecording(db, appid, id);
  if (!recording) return "unknown";
  const gone = await takeOut(db, [id]);
  return gone.length === 0 ? "needed" : gone.map(({ file }) => file);
}
