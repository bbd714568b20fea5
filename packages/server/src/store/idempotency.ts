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
  const { appid, key, created_ms } = row;
  await db.deleteFrom("idempotency_keys").where("appid", "=", appid).where("key", "=", key).where("created_ms", "<=", created_ms - KEY_LIFETIME_MS).execute();
  await db.insertInto("idempotency_keys").values(row).execute();
}

const KEYS = 500;

/** Deletes keys older than 24 hours, the oldest first and a few at a time; whether there may be more. */
export async function deleteOldKeys(db: Kysely<Schema>, nowMs: number): Promise<boolean> {
  const old = db.selectFrom("idempotency_keys").select(["appid", "key"]).where("created_ms", "<=", nowMs - KEY_LIFETIME_MS);
  const { numDeletedRows } = await db
    .deleteFrom("idempotency_keys")
    .where((where) => where(where.refTuple("appid", "key"), "in", old.orderBy("created_ms").limit(KEYS).$asTuple("appid", "key")))
    .executeTakeFirst();
  return Number(numDeletedRows) === KEYS;
}
