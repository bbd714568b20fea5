import { CompiledQuery, type Insertable, type Kysely, type Updateable } from "kysely";
import type { Schema } from "./schema.ts";

// What is written at every step of every call. To put a query together costs Kysely more than it costs SQLite to run it: its
// text is made once for the columns it names.

type Table = "calls" | "legs";
type Values = Readonly<Record<string, unknown>>;

/** Runs a statement on the connection of a transaction. */
export type Run = (text: string, values: readonly unknown[]) => void;

const direct = new WeakMap<Kysely<Schema>, Run>();

/** What is executed on this transaction does not go through Kysely's promises, which cost as much as the statement. */
export function runDirectly(transaction: Kysely<Schema>, run: Run): void {
  direct.set(transaction, run);
}

/** Runs a statement that gives no rows. */
export async function execute(db: Kysely<Schema>, text: string, values: readonly unknown[]): Promise<void> {
  const run = direct.get(db);
  if (run) run(text, values);
  else await db.executeQuery(CompiledQuery.raw(text, [...values]));
}

/** Adds a row. */
export async function insertRow<T extends Table>(db: Kysely<Schema>, table: T, row: Insertable<Schema[T]>): Promise<void> {
  const [columns, values] = given(row);
  const text = made(`insert ${table} ${columns.join()}`, () => `insert into ${table} (${columns.map(quoted).join()}) values (${columns.map(() => "?").join()})`);
  await execute(db, text, values);
}

/** Changes the row with that id, unless it has ended. */
export async function updateLiving<T extends Table>(db: Kysely<Schema>, table: T, id: string, change: Updateable<Schema[T]>): Promise<void> {
  const [columns, values] = given(change);
  const set = () => columns.map((column) => `${quoted(column)} = ?`).join();
  const text = made(`update ${table} ${columns.join()}`, () => `update ${table} set ${set()} where id = ? and status <> 'ended'`);
  await execute(db, text, [...values, id]);
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
