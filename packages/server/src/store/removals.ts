import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

// A file and its row are not deleted in one step: the row goes in the transaction that notes the file, the file after it.

const FILES = 100;

/** Notes files as to be deleted, in the transaction that deletes their rows. */
export async function addRemovals(db: Kysely<Schema>, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  const rows = files.map((file) => ({ file }));
  await db.insertInto("removals").values(rows).onConflict((conflict) => conflict.doNothing()).execute();
}

/** Files that are still to be deleted, those behind `after`. */
export async function openRemovals(db: Kysely<Schema>, after = ""): Promise<readonly string[]> {
  const rows = await db.selectFrom("removals").select("file").where("file", ">", after).orderBy("file").limit(FILES).execute();
  return rows.map(({ file }) => file);
}

/** These files are gone. */
export async function finishRemovals(db: Kysely<Schema>, files: readonly string[]): Promise<void> {
  if (files.length > 0) await db.deleteFrom("removals").where("file", "in", files).execute();
}
