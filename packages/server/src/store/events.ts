import type { Kysely } from "kysely";
import type { EventRow, EventState, Schema } from "./schema.ts";
import { execute } from "./statements.ts";

/** Something to tell an app. Without a `url` it is kept for who asks. */
export interface NewEvent
  extends Pick<EventRow, "event_id" | "appid" | "call_id" | "leg_id" | "sequence" | "kind" | "name" | "ends" | "url" | "body" | "created_ms"> {}

/** Puts an event into the outbox, in the transaction of what it tells. A second end of the same thing is not taken. */
export async function insertEvent(db: Kysely<Schema>, event: NewEvent): Promise<void> {
  const { event_id, appid, call_id, leg_id, sequence, kind, name, ends, url, body, created_ms } = event;
  const state: EventState = url === null ? "unaddressed" : "pending";
  const origin = url === null ? null : new URL(url).origin;
  const values = [event_id, appid, call_id, leg_id, sequence, kind, name, ends, url, origin, body, state, created_ms];
  await execute(db, INSERT, values);
}

// Only the first of a call to one address is due: the others wait for it, so that they arrive in their order.
const INSERT = `insert into events (event_id, appid, call_id, leg_id, sequence, kind, name, ends, url, origin, body, state, created_ms, next_attempt_ms)
  values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, case
    when ?9 is null or exists (select 1 from events where state = 'pending' and call_id = ?3 and url = ?9) then null else ?13
  end) on conflict (ends) do nothing`;

export interface EventPage {
  readonly events: readonly EventRow[];
  /** Where to go on: as `after`, now or when there is more. */
  readonly next: number;
  readonly more: boolean;
}

/** The app's events in their order, those after the cursor `after` (0: from the first). */
export async function listEvents(
  db: Kysely<Schema>,
  appid: string,
  page: { readonly after: number; readonly limit: number },
): Promise<EventPage> {
  const rows = await db
    .selectFrom("events")
    .selectAll()
    .where("appid", "=", appid)
    .where("id", ">", page.after)
    .orderBy("id")
    .limit(page.limit + 1)
    .execute();
  const events = rows.slice(0, page.limit);
  return { events, next: events.at(-1)?.id ?? page.after, more: rows.length > page.limit };
}

/** A call's events in their order. */
export async function readEvents(db: Kysely<Schema>, callId: string): Promise<readonly EventRow[]> {
  return await db.selectFrom("events").selectAll().where("call_id", "=", callId).orderBy("sequence").execute();
}

/** The records of legs that have ended: of the one with this id, or of all of the request's, leg b first. */
export async function readCdrs(
  db: Kysely<Schema>,
  appid: string,
  of: { readonly legId: string } | { readonly requestId: string },
): Promise<readonly EventRow[]> {
  const query = db
    .selectFrom("events")
    .innerJoin("calls", "calls.id", "events.call_id")
    .innerJoin("legs", "legs.id", "events.leg_id")
    .selectAll("events")
    .where("events.appid", "=", appid)
    .where("events.kind", "=", "cdr");
  const found = "legId" in of ? query.where("events.leg_id", "=", of.legId) : query.where("calls.request_id", "=", of.requestId);
  return await found.orderBy("legs.which", "desc").orderBy("events.sequence").execute();
}

/** The place of the last event of a call; 0 when there is none. */
export async function lastEventSequence(db: Kysely<Schema>, callId: string): Promise<number> {
  const last = await db
    .selectFrom("events")
    .select((select) => select.fn.max("sequence").as("sequence"))
    .where("call_id", "=", callId)
    .executeTakeFirst();
  return last?.sequence ?? 0;
}

/** One of the app's events. */
export async function findEvent(db: Kysely<Schema>, appid: string, eventId: string): Promise<EventRow | undefined> {
  return await db.selectFrom("events").selectAll().where("appid", "=", appid).where("event_id", "=", eventId).executeTakeFirst();
}
