import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { channels, VirtualClock } from "../base/index.ts";
import { openStore, settingOr, type Store } from "./index.ts";

// Real files, real locks, and a real limit of pages in place of a disk that is full.

/** The disk is real, and its time is not the clock's. */
const untimed = { sync: () => Promise.resolve(), close: () => Promise.resolve() };

async function world() {
  const folder = mkdtempSync(join(tmpdir(), "piopiy-store-"));
  const clock = new VirtualClock();
  const file = join(folder, "data.db");
  const store = await openStore({ file, clock, log: untimed });
  onTestFinished(async () => {
    await clock.runUntil(store.close());
    rmSync(folder, { recursive: true });
  });
  return { store, clock, file };
}

/** Another program in the midst of a transaction, until the returned function is called. */
function holdLock(file: string): () => void {
  const other = new Libsql(file);
  other.exec("begin immediate");
  return () => {
    other.exec("rollback");
    other.close();
  };
}

const pages = async (store: Store, most: number) => void (await sql.raw(`pragma max_page_count = ${most}`).execute(store.db));
const big = "x".repeat(20_000);
const put = (store: Store, key: string, value = "v", patient = false) => store.write((db) => settingOr(db, key, value), { patient });

async function keys(store: Store): Promise<readonly string[]> {
  return (await store.db.selectFrom("settings").select("key").orderBy("key").execute()).map(({ key }) => key);
}

/** Time in which the store gets as far as it can. */
async function unavailable(store: Store): Promise<void> {
  while (store.available) await new Promise((resolve) => setImmediate(resolve));
}

function failures(): unknown[] {
  const told: unknown[] = [];
  const listener = (message: unknown) => void told.push(message);
  channels.failure.subscribe(listener);
  onTestFinished(() => {
    channels.failure.unsubscribe(listener);
  });
  return told;
}

const faults: readonly (readonly [string, (store: Store, file: string) => Promise<() => Promise<void>>])[] = [
  ["another program holds it", async (_, file) => {
    const release = holdLock(file);
    return async () => release();
  }],
  ["its disk is full", async (store) => {
    await pages(store, 1);
    return () => pages(store, 100_000);
  }],
];

describe.each(faults)("a database that cannot be written because %s", (_, breakIt) => {
  it("lets writes wait, in their order, and goes on by itself", async () => {
    const { store, clock, file } = await world();
    const told = failures();
    const repair = await breakIt(store, file);
    const first = put(store, "a", big);
    const second = store.writeSoon((db) => settingOr(db, "b", big));
    await unavailable(store);
    expect(await keys(store)).toEqual([]);
    await clock.advance(1000);
    expect([await keys(store), store.available]).toEqual([[], false]);
    await repair();
    await clock.advance(1000);
    await Promise.all([first, second]);
    expect(await keys(store)).toEqual(["a", "b"]);
    expect(store.available).toBe(true);
    // Told once, however often it was tried.
    expect(told).toEqual([{ layer: "store", failure: expect.objectContaining({ code: "store_failed" }) }]);
    expect(clock.timers).toBe(0);
  });

  it("refuses who waits after 5 s, and keeps what nobody waits for", async () => {
    const { store, clock, file } = await world();
    const repair = await breakIt(store, file);
    const waits = put(store, "waits", big);
    const refused = expect(waits).rejects.toMatchObject({ code: "store_failed" });
    const kept = [put(store, "kept", big, true), store.writeSoon((db) => settingOr(db, "soon", big))];
    await unavailable(store);
    await clock.advance(6000);
    await refused;
    await clock.advance(30_000);
    await repair();
    await clock.advance(1000);
    await Promise.all(kept);
    expect(await keys(store)).toEqual(["kept", "soon"]);
    // And now as if nothing had been.
    await put(store, "next");
    expect(await keys(store)).toContain("next");
  });

  it("does not hold up who reads, nor who closes for longer than 5 s", async () => {
    const { store, clock, file } = await world();
    const repair = await breakIt(store, file);
    const lost = [put(store, "a", big, true), store.writeSoon((db) => settingOr(db, "b", big))].map((write) => expect(write).rejects.toMatchObject({ code: "store_failed" }));
    await store.flush();
    expect(await keys(store)).toEqual([]);
    await clock.runUntil(store.close(), 10_000);
    await Promise.all(lost);
    await repair().catch(() => undefined);
  });
});

it("a write that is wrong by itself is refused at once, whatever it stands beside", async () => {
  const { store } = await world();
  const wrong = store.write((db) => sql`insert into legs (id) values ('x')`.execute(db));
  const right = put(store, "right");
  await expect(wrong).rejects.toThrow(/NOT NULL/);
  await right;
  expect(store.available).toBe(true);
});
