import Libsql from "libsql";
import { type Kysely, sql, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { PiopiyError } from "../base/index.ts";
import type { Run } from "./statements.ts";

/** Statements are compiled once: the server runs some thirty of them over and over. */
const STATEMENTS = 200;

/**
 * The SQLite file as Kysely's dialect: a commit that returned survives a crash of the process, and a power cut once the log
 * has been brought to the disk (`logSync`). `run` is the short way to the same connection, for inside of transactions.
 */
export function sqliteDialect(file: string): { readonly dialect: SqliteDialect; readonly run: Run } {
  let opened: SqliteDatabase | undefined;
  return {
    // Opened when it is first asked for: what fails then fails the question.
    dialect: new SqliteDialect({ database: async () => (opened = openDatabase(file)) }),
    run: (text, values) => void opened?.prepare(text).run(values),
  };
}

function openDatabase(file: string): SqliteDatabase {
  const lock = lockFile(file);
  const database = connect(file, lock);
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => {
      statements.clear();
      // Compiled statements keep the connection open until they are collected: leave nothing in the log until then.
      try {
        database.pragma("wal_checkpoint(TRUNCATE)");
      } catch {
        // Another program holds it: the log stays, and the next start reads it.
      }
      database.close();
      lock.release();
    },
    prepare(text) {
      const known = statements.get(text);
      if (known) return known;
      const prepared = database.prepare(text);
      // `reader` is asked for at every execution and crosses into native code: it never changes.
      const { reader } = prepared;
      // SQLite takes some transactions back by itself, such as those that find the disk full.
      const nothingToDo = () => text === "rollback" && !database.inTransaction;
      const statement: SqliteStatement = {
        reader,
        all: (parameters) => asked(() => prepared.all(...parameters)),
        run: (parameters) => (nothingToDo() ? { changes: 0, lastInsertRowid: 0 } : asked(() => prepared.run(...parameters))),
        iterate: (parameters) => asked(() => prepared.iterate(...parameters)),
      };
      if (statements.size >= STATEMENTS) statements.clear();
      statements.set(text, statement);
      return statement;
    },
  };
}

function connect(file: string, lock: Lock) {
  try {
    const database = new Libsql(file, { timeout: OPENING_BUSY_MS });
    for (const pragma of PRAGMAS) database.pragma(pragma);
    return database;
  } catch (failure) {
    lock.release();
    throw new PiopiyError("bad_configuration", "The database cannot be opened: can `data` be written?", { cause: failure });
  }
}

/** What SQLite calls failures of the file itself, and not of what was asked. */
const OF_THE_FILE = /^SQLITE_(?:BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM)/;

/** Fails with `store_failed` when the file is held by another program, or its disk is full or fails. */
function asked<T>(ask: () => T): T {
  try {
    return ask();
  } catch (failure) {
    const code = failure instanceof Error && "code" in failure ? String(failure.code) : "";
    throw OF_THE_FILE.test(code) ? new PiopiyError("store_failed", undefined, { cause: failure }) : failure;
  }
}

/** SQLite waits for a lock in the thread that asks. Once calls run on it, who has to wait longer waits without it. */
const OPENING_BUSY_MS = 2000;
const BUSY_MS = 20;
const PRAGMAS = [`busy_timeout = ${OPENING_BUSY_MS}`, "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"];

/** From now on the thread is not held up by a lock for more than 20 ms. */
export async function waitNoLonger<Tables>(db: Kysely<Tables>): Promise<void> {
  await sql.raw(`pragma busy_timeout = ${BUSY_MS}`).execute(db);
}

interface Lock {
  release(): void;
}

/**
 * Keeps a second server off the same data: it would close the first one's live calls as interrupted. A transaction
 * held on a file beside it is a lock that the system itself gives up when the process dies.
 */
function lockFile(file: string): Lock {
  if (file === ":memory:") return { release: () => undefined };
  try {
    const database = new Libsql(`${file}-lock`);
    database.exec("begin exclusive");
    return {
      release() {
        database.exec("rollback");
        database.close();
      },
    };
  } catch (failure) {
    throw new PiopiyError("bad_configuration", "The database cannot be opened: is another server using the same `data`?", { cause: failure });
  }
}
