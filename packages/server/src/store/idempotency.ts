import type { Kysely } from "kysely";
import type { IdempotencyRow, Schema } from "./schema.ts";

/** How long the answer to a request with an `Idempotency-Key` is kept. */
const KEY_LIFETIME_MS = 24 * 3_600_000;

/** What a key was used for, while it is not older than 24 hours. */
export async function findKey(db: Kysely<Schema>, appid: string, key: string, nowMs: number): Promise<IdempotencyRow | undefined> {
  return await db
    .selectFrom("idempotency_keys")
    .selectAll()
    .where("appid", "=", appid)
    .where("key", "=", key)
    .where("created_ms", ">", nowMs - KEY_LIFETIME_MS)
    .executeTakeFirst();
}

/** Keeps the answer under its key. Fails when the key is taken: then the transaction it is part of shall not happen. */
export async function insertKey(db: Kysely<Schema>, row: IdempotencyRow): Promise<void> {
  await purgeKeys(db, row.created_ms);
  await db.insertInto("idempotency_keys").values(row).execute();
}

/** Forgets keys older than 24 hours. */
export async function purgeKeys(db: Kysely<Schema>, nowMs: number): Promise<void> {
  await db.deleteFrom("idempotency_keys").where("created_ms", "<=", nowMs - KEY_LIFETIME_MS).execute();
}
