import { CompiledQuery, type Insertable, type Kysely, type Updateable } from "kysely";
import type { Schema } from "./schema.ts";

// What is written at every step of every call. To put a query together costs Kysely more than it costs SQLite to run it: its
// text is made once for the columns it names.

type Table = "calls" | "legs";
type Values = Readonly<Record<string, unknown>>;

/** Adds a row. */
export async function insertRow<T extends Table>(db: Kysely<Schema>, table: T, row: Insertable<Schema[T]>): Promise<void> {
  const [columns, values] = given(row);
  const text = made(`insert ${table} ${columns.join()}`, () => `insert into ${table} (${columns.map(quoted).join()}) values (${columns.map(() => "?").join()})`);
  await db.executeQuery(CompiledQuery.raw(text, values));
}

/** Changes the row with that id, unless it has ended. */
export async function updateLiving<T extends Table>(db: Kysely<Schema>, table: T, id: string, change: Updateable<Schema[T]>): Promise<void> {
  const [columns, values] = given(change);
  const set = () => columns.map((column) => `${quoted(column)} = ?`).join();
  const text = made(`update ${table} ${columns.join()}`, () => `update ${table} set ${set()} where id = ? and status <> 'ended'`);
  await db.executeQuery(CompiledQuery.raw(text, [...values, id]));
}

/** The columns that have a value, `null` too. */
function given(row: Values): readonly [columns: readonly string[], values: unknown[]] {
  const columns = Object.keys(row).filter((column) => row[column] !== undefined);
  return [columns, columns.map((column) => row[column])];
}

const quoted = (column: string): string => `"${column}"`;

/** There are as many as there are kinds of changes in the code. */
const texts = new Map<string, string>();

function made(key: string, make: () => string): string {
  const known = texts.get(key) ?? make();
  texts.set(key, known);
  return known;
}
