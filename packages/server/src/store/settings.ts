import type { Kysely } from "kysely";
import type { Ids } from "../base/index.ts";
import type { Schema } from "./schema.ts";
import type { Store } from "./store.ts";

export async function readSetting(db: Kysely<Schema>, key: string): Promise<string | undefined> {
  const row = await db.selectFrom("settings").select("value").where("key", "=", key).executeTakeFirst();
  return row?.value;
}

export async function writeSetting(db: Kysely<Schema>, key: string, value: string): Promise<void> {
  await db
    .insertInto("settings")
    .values({ key, value })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
    .execute();
}

/** Keeps `value` unless the key has one; answers with the value that stands. */
export async function settingOr(db: Kysely<Schema>, key: string, value: string): Promise<string> {
  await db
    .insertInto("settings")
    .values({ key, value })
    .onConflict((conflict) => conflict.column("key").doNothing())
    .execute();
  return (await readSetting(db, key)) ?? value;
}

/** The credentials of the app that exists without a configuration: made once, then always the same. */
export async function developmentApp(
  store: Store,
  ids: Ids,
): Promise<{ readonly appid: string; readonly secret: string; readonly webhook_secrets: readonly [string] }> {
  const made = { appid: String(1_000_000 + ids.integer(9_000_000)), secret: ids.token(32), webhook: ids.token(32) };
  return await store.write(async (db) => ({
    appid: await settingOr(db, "development.appid", made.appid),
    secret: await settingOr(db, "development.secret", made.secret),
    webhook_secrets: [await settingOr(db, "development.webhook_secret", made.webhook)],
  }));
}
