import type { Kysely } from "kysely";
import type { Schema, TimelineRow } from "./schema.ts";
import { execute } from "./statements.ts";

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

/** An entry and the call it is put on. */
export interface NewEntry {
  readonly callId: string;
  readonly entry: TimelineEntry;
}

export async function insertEntry(db: Kysely<Schema>, callId: string, entry: TimelineEntry): Promise<void> {
  await insertEntries(db, [{ callId, entry }]);
}

/** All by one statement, which is made once: a call has a dozen entries, and every statement costs more than its row. */
export async function insertEntries(db: Kysely<Schema>, entries: readonly NewEntry[]): Promise<void> {
  const rows = entries.map(({ callId, entry: { sequence, at_ms, type, leg_id, action_index, data } }) =>
    [callId, sequence, at_ms, type, leg_id, action_index, data]);
  await execute(db, INSERT, [JSON.stringify(rows)]);
}

const INSERT = `insert into timeline (call_id, sequence, at_ms, type, leg_id, action_index, data)
  select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 from json_each(?)`;

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
