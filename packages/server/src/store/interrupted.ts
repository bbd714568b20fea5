import type { Kysely } from "kysely";
import type { CallRow, Schema } from "./schema.ts";

/** The calls that have not ended, the oldest first: what a process that died has left, or what still waits to be dialled. */
export async function openCalls(db: Kysely<Schema>): Promise<readonly CallRow[]> {
  return await db.selectFrom("calls").selectAll().where("status", "<>", "ended").orderBy("created_ms").orderBy("id").execute();
}
