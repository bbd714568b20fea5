import type { Kysely } from "kysely";
import type { CallRow, NewCall, Schema } from "./schema.ts";

/** A call of the app, found by its own id, its request id or the id of one of its legs. */
export async function findCall(db: Kysely<Schema>, appid: string, anyId: string): Promise<CallRow | undefined> {
  const call = await db
    .selectFrom("calls")
    .selectAll()
    .where((where) =>
      where.or([
        where("id", "=", anyId),
        where("request_id", "=", anyId),
        where("id", "=", where.selectFrom("legs").select("call_id").where("legs.id", "=", anyId)),
      ]),
    )
    .executeTakeFirst();
  // Compared here: as a condition it would make SQLite read all calls of the app instead of three indexes.
  return call?.appid === appid ? call : undefined;
}

export async function insertCall(db: Kysely<Schema>, call: NewCall): Promise<void> {
  await db.insertInto("calls").values(call).execute();
}

/** Changes a call that has not ended: its end is written once and stands. */
export async function updateCall(
  db: Kysely<Schema>,
  id: string,
  change: Partial<Pick<CallRow, "status" | "cause" | "started_ms" | "answered_ms" | "ended_ms" | "extra_params" | "flow">>,
): Promise<void> {
  await db.updateTable("calls").set(change).where("id", "=", id).where("status", "<>", "ended").execute();
}

export interface CallPage {
  readonly calls: readonly CallRow[];
  /** Give it as `before` for the next, older page; absent on the last one. */
  readonly next?: string;
}

/** The app's calls, newest first, older than the call `before`. */
export async function listCalls(
  db: Kysely<Schema>,
  appid: string,
  page: { readonly limit: number; readonly before?: string },
): Promise<CallPage> {
  let query = db.selectFrom("calls").selectAll().where("appid", "=", appid);
  if (page.before !== undefined) {
    const last = db.selectFrom("calls").where("appid", "=", appid).where("id", "=", page.before);
    query = query.where((where) =>
      where(where.refTuple("created_ms", "id"), "<", last.select(["created_ms", "id"]).$asTuple("created_ms", "id")),
    );
  }
  const rows = await query.orderBy("created_ms", "desc").orderBy("id", "desc").limit(page.limit + 1).execute();
  const calls = rows.slice(0, page.limit);
  const oldest = calls.at(-1);
  return rows.length > page.limit && oldest ? { calls, next: oldest.id } : { calls };
}
