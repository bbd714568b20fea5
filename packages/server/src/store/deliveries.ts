import { type Insertable, type Kysely, sql } from "kysely";
import type { DeliveryRow, EventRow, Schema } from "./schema.ts";

/** What is to be sent now, the longest waiting first. */
export async function dueEvents(
  db: Kysely<Schema>,
  query: { readonly nowMs: number; readonly limit: number; readonly exceptOrigins: readonly string[] },
): Promise<readonly EventRow[]> {
  let due = db.selectFrom("events").selectAll().where("state", "=", "pending").where("next_attempt_ms", "<=", query.nowMs);
  if (query.exceptOrigins.length > 0) due = due.where("origin", "not in", query.exceptOrigins);
  return await due.orderBy("next_attempt_ms").orderBy("id").limit(query.limit).execute();
}

/** When the next event after `nowMs` is due; undefined when none is. */
export async function nextDueMs(db: Kysely<Schema>, nowMs: number): Promise<number | undefined> {
  const next = await db
    .selectFrom("events")
    .select("next_attempt_ms")
    .where("state", "=", "pending")
    .where("next_attempt_ms", ">", nowMs)
    .orderBy("next_attempt_ms")
    .limit(1)
    .executeTakeFirst();
  return next?.next_attempt_ms ?? undefined;
}

/** What came of an attempt: with `next_attempt_ms` it is tried again then, else it is over. */
export interface AttemptResult {
  readonly delivery: Omit<Insertable<Schema["deliveries"]>, "id" | "event_id">;
  readonly state: "pending" | "delivered" | "given_up";
  readonly next_attempt_ms: number | null;
}

/** Writes an attempt down, and lets the next one of the same call to the same address go when this one is over. */
export async function recordAttempt(db: Kysely<Schema>, event: EventRow, result: AttemptResult): Promise<void> {
  const { delivery, state, next_attempt_ms } = result;
  const nowMs = delivery.at_ms + delivery.duration_ms;
  await db.insertInto("deliveries").values({ ...delivery, event_id: event.event_id }).execute();
  await db
    .updateTable("events")
    .set({ state, next_attempt_ms, attempts: event.attempts + 1, settled_ms: state === "pending" ? null : nowMs })
    .where("id", "=", event.id)
    .execute();
  if (state !== "pending") await releaseNext(db, event, nowMs);
}

async function releaseNext(db: Kysely<Schema>, { call_id, url }: EventRow, nowMs: number): Promise<void> {
  await db
    .updateTable("events")
    .set({ next_attempt_ms: nowMs })
    .where("id", "=", sql<number>`(
      select id from events where state = 'pending' and call_id = ${call_id} and url = ${url} order by sequence limit 1
    )`)
    .where("next_attempt_ms", "is", null)
    .execute();
}

/**
 * Sends an event once more, at once, with all its attempts before it; to `url`, which may be another one now. One that
 * still waits for an earlier one of its call goes on waiting.
 */
export async function resendEvent(db: Kysely<Schema>, eventId: string, url: string, nowMs: number): Promise<void> {
  await db
    .updateTable("events")
    .set({
      state: "pending", attempts: 0, settled_ms: null, url, origin: new URL(url).origin,
      next_attempt_ms: sql<number | null>`case when state = 'pending' and next_attempt_ms is null then null else ${nowMs} end`,
    })
    .where("event_id", "=", eventId)
    .execute();
}

/** Every attempt for a call's events, the first one first. */
export async function readDeliveries(db: Kysely<Schema>, callId: string): Promise<readonly DeliveryRow[]> {
  return await db
    .selectFrom("deliveries")
    .innerJoin("events", "events.event_id", "deliveries.event_id")
    .selectAll("deliveries")
    .where("events.call_id", "=", callId)
    .orderBy("deliveries.id")
    .execute();
}
