import type { Kysely } from "kysely";
import type { CallRow, CallStatus, NewCall, Schema } from "./schema.ts";
import { insertRow, updateLiving } from "./statements.ts";

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
  await insertRow(db, "calls", call);
}

/** Changes a call that has not ended: its end is written once and stands. */
export async function updateCall(
  db: Kysely<Schema>,
  id: string,
  change: Partial<Pick<CallRow, "status" | "cause" | "started_ms" | "answered_ms" | "ended_ms" | "extra_params" | "flow">>,
): Promise<void> {
  await updateLiving(db, "calls", id, change);
}

export interface CallPage {
  readonly calls: readonly CallRow[];
  /** Give it as `before` for the next, older page, also when this one is short; absent on the last one. */
  readonly next?: string;
}

/** Which calls are asked for; all of it must be true of a call. */
export interface CallFilter {
  readonly status?: CallStatus | undefined;
  readonly direction?: "inbound" | "outbound" | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly requestId?: string | undefined;
  /** When they were asked for or came in: the first moment, and the first that is too late. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/** Of so many calls, the newest ones, those are found that are asked for; then the page ends and the next one goes on. */
const SEARCHED = 5000;

/**
 * The app's calls, newest first, older than the call `before`. A page may be short, or empty, and not be the last one:
 * years of calls are not read in one go, as everything else would wait.
 */
export async function listCalls(
  db: Kysely<Schema>,
  appid: string,
  page: CallFilter & { readonly limit: number; readonly before?: string | undefined },
  searched = SEARCHED,
): Promise<CallPage> {
  const { status, direction, from, to } = page;
  const ordered = callsOf(db, appid, page).orderBy("created_ms", "desc").orderBy("id", "desc");
  // These have no index: it would have to be kept with every call, for what few ask.
  const narrowed = [status, direction, from, to].some((asked) => asked !== undefined);
  let query = db.selectFrom(ordered.selectAll().limit(narrowed ? searched : page.limit + 1).as("newest")).selectAll();
  if (status !== undefined) query = query.where("status", "=", status);
  if (direction !== undefined) query = query.where("direction", "=", direction);
  if (from !== undefined) query = query.where("from", "=", from);
  if (to !== undefined) query = query.where("to", "=", to);
  const rows = await query.orderBy("created_ms", "desc").orderBy("id", "desc").limit(page.limit + 1).execute();
  const calls = rows.slice(0, page.limit);
  const oldest = calls.at(-1);
  if (rows.length > page.limit && oldest) return { calls, next: oldest.id };
  if (!narrowed) return { calls };
  const last = await ordered.select("id").offset(searched - 1).limit(1).executeTakeFirst();
  return last ? { calls, next: last.id } : { calls };
}

/** What an index finds. */
function callsOf(db: Kysely<Schema>, appid: string, { requestId, sinceMs, untilMs, before }: CallFilter & { readonly before?: string | undefined }) {
  let query = db.selectFrom("calls").where("appid", "=", appid);
  if (requestId !== undefined) query = query.where("request_id", "=", requestId);
  if (sinceMs !== undefined) query = query.where("created_ms", ">=", sinceMs);
  if (untilMs !== undefined) query = query.where("created_ms", "<", untilMs);
  if (before === undefined) return query;
  const last = db.selectFrom("calls").where("appid", "=", appid).where("id", "=", before);
  return query.where((where) =>
    where(where.refTuple("created_ms", "id"), "<", last.select(["created_ms", "id"]).$asTuple("created_ms", "id")),
  );
}
