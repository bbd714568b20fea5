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
  const { statement, values } = given(inserts[table], row);
  statement.text ??= `insert into ${table} (${statement.columns.map(quoted).join()}) values (${statement.columns.map(() => "?").join()})`;
  await execute(db, statement.text, values);
}

/** Changes the row with that id, unless it has ended. */
export async function updateLiving<T extends Table>(db: Kysely<Schema>, table: T, id: string, change: Updateable<Schema[T]>): Promise<void> {
  const { statement, values } = given(updates[table], change);
  statement.text ??= `update ${table} set ${statement.columns.map((column) => `${quoted(column)} = ?`).join()} where id = ? and status <> 'ended'`;
  values.push(id);
  await execute(db, statement.text, values);
}

/** A statement of these columns, once it has been made; `next`: with one column more. There are as many as there are kinds of changes in the code. */
interface Statement {
  readonly columns: readonly string[];
  readonly next: Map<string, Statement>;
  text: string | undefined;
}

const withColumns = (columns: readonly string[]): Statement => ({ columns, next: new Map(), text: undefined });

const inserts: Readonly<Record<Table, Statement>> = { calls: withColumns([]), legs: withColumns([]) };
const updates: Readonly<Record<Table, Statement>> = { calls: withColumns([]), legs: withColumns([]) };

/** The columns that have a value, `null` too: found column by column, as a text that names them would be made for every row. */
function given(first: Statement, row: Values): { readonly statement: Statement; readonly values: unknown[] } {
  const values: unknown[] = [];
  let statement = first;
  for (const column of Object.keys(row)) {
    const value = row[column];
    if (value === undefined) continue;
    values.push(value);
    const next: Statement = statement.next.get(column) ?? withColumns([...statement.columns, column]);
    statement.next.set(column, next);
    statement = next;
  }
  return { statement, values };
}

const quoted = (column: string): string => `"${column}"`;
