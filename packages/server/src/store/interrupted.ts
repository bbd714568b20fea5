import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { appendEntry } from "./timeline.ts";

/** Ends what a process that died left open; answers with the number of calls. */
export async function closeInterrupted(db: Kysely<Schema>, nowMs: number): Promise<number> {
  const open = await db.selectFrom("calls").select("id").where("status", "<>", "ended").execute();
  await db
    .updateTable("legs")
    .set({ status: "ended", cause: "interrupted", ended_by: "us", ended_ms: nowMs })
    .where("status", "<>", "ended")
    .execute();
  await db
    .updateTable("recordings")
    .set({ status: "interrupted", completed_ms: nowMs })
    .where("status", "=", "recording")
    .execute();
  for (const { id } of open) {
    await db
      .updateTable("calls")
      .set({ status: "ended", cause: "interrupted", ended_ms: nowMs })
      .where("id", "=", id)
      .execute();
    await appendEntry(db, id, { at_ms: nowMs, type: "call.ended", data: { cause: "interrupted" } });
  }
  return open.length;
}
