import { Kysely } from "kysely";
import type { Clock } from "../base/index.ts";
import { sqliteDialect, waitNoLonger } from "./database.ts";
import { groupCommit, type GroupCommit } from "./group-commit.ts";
import { logSync, type LogSync } from "./log-sync.ts";
import { migrate } from "./migrations.ts";
import type { Schema } from "./schema.ts";
import { insertEntries, type NewEntry } from "./timeline.ts";

/** A connection or a transaction that the functions of this layer take. */
export type Queries = Kysely<Schema>;

/** The server's database. Reads go to `db`; writes through `write`, which resolves when they are durable. */
export interface Store extends Omit<GroupCommit<NewEntry>, "end"> {
  readonly db: Queries;
  readonly clock: Clock;
  /** Writes what is left and closes the file. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /** A path, or `:memory:`. */
  readonly file: string;
  readonly clock: Clock;
  /** What brings commits to the disk; the file's log unless given. */
  readonly log?: LogSync;
}

/** Opens the database and brings its schema up to date. Fails with `bad_configuration`. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { clock } = options;
  const { dialect, run } = sqliteDialect(options.file);
  const db = new Kysely<Schema>({ dialect });
  try {
    await migrate(db);
    await waitNoLonger(db);
    const log = options.log ?? (await logSync(options.file));
    const writes = groupCommit(db, { clock, sync: () => log.sync(), insertRows: insertEntries, run });
    return {
      db,
      clock,
      write: writes.write,
      writeSoon: writes.writeSoon,
      append: writes.append,
      flush: writes.flush,
      get refused() {
        return writes.refused;
      },
      get available() {
        return writes.available;
      },
      async close() {
        await writes.end();
        await log.close();
        await db.destroy();
      },
    };
  } catch (failure) {
    await db.destroy();
    throw failure;
  }
}
