import type { Kysely } from "kysely";
import type { Schema, TimelineRow } from "./schema.ts";

/** One entry of a call's timeline. */
export interface TimelineEntry {
  /** Place in the call, from 1. */
  readonly sequence: number;
  readonly at_ms: number;
  readonly type: string;
  readonly leg_id?: string;
  readonly action_index?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

export async function insertEntry(db: Kysely<Schema>, callId: string, entry: TimelineEntry): Promise<void> {
  await db
    .insertInto("timeline")
    .values({
      call_id: callId,
      sequence: entry.sequence,
      at_ms: entry.at_ms,
      type: entry.type,
      leg_id: entry.leg_id ?? null,
      action_index: entry.action_index ?? null,
      data: entry.data ? JSON.stringify(entry.data) : null,
    })
    .execute();
}

/** Adds an entry behind the last one: for calls that no running process counts any more. */
export async function appendEntry(db: Kysely<Schema>, callId: string, entry: Omit<TimelineEntry, "sequence">): Promise<void> {
  const last = await db
    .selectFrom("timeline")
    .select((select) => select.fn.max("sequence").as("sequence"))
    .where("call_id", "=", callId)
    .executeTakeFirst();
  await insertEntry(db, callId, { ...entry, sequence: (last?.sequence ?? 0) + 1 });
}

/** A call's timeline in order. */
export async function readTimeline(db: Kysely<Schema>, callId: string): Promise<readonly TimelineEntry[]> {
  const rows = await db.selectFrom("timeline").selectAll().where("call_id", "=", callId).orderBy("sequence").execute();
  return rows.map(entryOf);
}

function entryOf(row: TimelineRow): TimelineEntry {
  return {
    sequence: row.sequence,
    at_ms: row.at_ms,
    type: row.type,
    ...(row.leg_id === null ? {} : { leg_id: row.leg_id }),
    ...(row.action_index === null ? {} : { action_index: row.action_index }),
    ...(row.data === null ? {} : { data: recordOf(row.data) }),
  };
}

function recordOf(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  return typeof value === "object" && value !== null ? { ...value } : {};
}
