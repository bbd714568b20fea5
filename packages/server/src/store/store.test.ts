import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import Libsql from "libsql";
import { sql } from "kysely";
import { afterEach, describe, expect, it } from "vitest";
import { channels, seededIds, VirtualClock } from "../base/index.ts";
import {
  deleteOldKeys, developmentApp, findCall, findKey, findRecording, finishRecording, insertCall, insertEntry, insertKey, insertLeg,
  insertRecording, listCalls, type NewCall, openStore, readLegs, readTimeline, type Store, type TimelineEntry, updateCall, updateLeg,
} from "./index.ts";
import { migrate } from "./migrations.ts";

const opened: Store[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "piopiy-store-"));
  folders.push(made);
  return made;
}

async function open(file = ":memory:", clock = new VirtualClock()): Promise<Store> {
  const store = await openStore({ file, clock });
  opened.push(store);
  return store;
}

const call = (change: Partial<NewCall> = {}): NewCall => ({
  id: "call-1",
  request_id: "request-1",
  appid: "1234567",
  direction: "outbound",
  from: "918000000001",
  to: "918000000002",
  status: "queued",
  cause: null,
  created_ms: 1000,
  started_ms: null,
  answered_ms: null,
  ended_ms: null,
  extra_params: null,
  flow: "[]",
  options: "{}",
  ...change,
});

const leg = (id: string, callId = "call-1", which: "a" | "b" = "a") =>
  ({
    id, call_id: callId, which, direction: "outbound", from: "1", to: "2", status: "dialling", started_ms: 1000,
    ringing_ms: null, answered_ms: null, ended_ms: null, cause: null, ended_by: null, sip_status: null,
  }) as const;

/** What a power cut would leave: the files as they lie on the disk while the server still has them open. */
function copyOfDisk(file: string): string {
  const copy = join(folder(), "data.db");
  for (const ending of ["", "-wal"]) if (existsSync(file + ending)) copyFileSync(file + ending, copy + ending);
  return copy;
}

describe("opening", () => {
  it("makes every table from an empty file and does nothing the second time", async () => {
    const store = await open();
    const tables = await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(store.db);
    expect(tables.rows.map((row) => row.name)).toEqual(
      expect.arrayContaining(["settings", "calls", "legs", "timeline", "recordings", "idempotency_keys"]),
    );
    expect(await migrate(store.db)).toEqual([]);
  });

  it("asks for write-ahead logging, whose log it brings to the disk itself, and foreign keys", async () => {
    const store = await open(join(folder(), "data.db"));
    const pragma = async (name: string) => (await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(store.db)).rows[0];
    expect(await pragma("journal_mode")).toEqual({ journal_mode: "wal" });
    expect(await pragma("synchronous")).toEqual({ synchronous: 1 });
    expect(await pragma("foreign_keys")).toEqual({ foreign_keys: 1 });
    await expect(store.write((db) => insertLeg(db, leg("leg-1", "no-such-call")))).rejects.toThrow(/FOREIGN KEY/i);
  });

  it("refuses a file that another server has open", async () => {
    const file = join(folder(), "data.db");
    await open(file);
    await expect(openStore({ file, clock: new VirtualClock() })).rejects.toMatchObject({ code: "bad_configuration" });
  });

  it("refuses a path that cannot be opened", async () => {
    await expect(openStore({ file: join(folder(), "no", "data.db"), clock: new VirtualClock() })).rejects.toMatchObject({
      code: "bad_configuration",
    });
  });

  it("makes the development credentials once and keeps them", async () => {
    const file = join(folder(), "data.db");
    const first = await openStore({ file, clock: new VirtualClock() });
    const made = await developmentApp(first, seededIds(1));
    await first.close();
    expect(made.appid).toMatch(/^\d{7}$/);
    expect(made.secret).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(await developmentApp(await open(file), seededIds(2))).toEqual(made);
  });
});

describe("durability", () => {
  it("has on the disk what a resolved promise promised, without the file having been closed", async () => {
    const file = join(folder(), "data.db");
    const store = await open(file);
    await store.write((db) => insertCall(db, call()));
    const after = await open(copyOfDisk(file));
    expect(await findCall(after.db, "1234567", "request-1")).toMatchObject({ id: "call-1", to: "918000000002" });
  });

  it("keeps what nobody waits for in memory for 20 ms, or until something urgent is written", async () => {
    const clock = new VirtualClock();
    const store = await open(":memory:", clock);
    await store.write((db) => insertCall(db, call()));
    const entry = (sequence: number) => store.writeSoon((db) => insertEntry(db, "call-1", { sequence, at_ms: 1, type: "x" }));
    const first = entry(1);
    expect(await readTimeline(store.db, "call-1")).toHaveLength(0);
    await clock.advance(20);
    await first;
    expect(await readTimeline(store.db, "call-1")).toHaveLength(1);
    const second = entry(2);
    await store.write((db) => updateCall(db, "call-1", { status: "ringing" }));
    await second;
    expect(await readTimeline(store.db, "call-1")).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  it("waits anew for company after each transaction, of which there is one in 20 ms however long it takes", async () => {
    const clock = new VirtualClock();
    const store = await open(":memory:", clock);
    await store.write((db) => insertCall(db, call()));
    const written: number[] = [];
    const soon = (number: number) => store.writeSoon(async () => void written.push(number));
    const first = soon(1).then(() => void soon(2));
    await clock.advance(20);
    await first;
    await clock.advance(19);
    expect(written).toEqual([1]);
    await clock.advance(1);
    expect(written).toEqual([1, 2]);
  });

  it("appends the rows of a log in their order, behind what was written before them", async () => {
    const clock = new VirtualClock();
    const store = await open(":memory:", clock);
    const entry = (sequence: number, data?: TimelineEntry["data"]) =>
      store.append({ callId: "call-1", entry: { sequence, at_ms: sequence, type: "x", ...(data && { data }) } });
    const made = store.writeSoon((db) => insertCall(db, call()));
    entry(1);
    entry(2, { text: "\"'", list: [1, { deep: null }] });
    await clock.advance(20);
    await made;
    entry(3);
    await store.flush();
    expect(await readTimeline(store.db, "call-1")).toEqual([
      { sequence: 1, at_ms: 1, type: "x" },
      { sequence: 2, at_ms: 2, type: "x", data: { text: "\"'", list: [1, { deep: null }] } },
      { sequence: 3, at_ms: 3, type: "x" },
    ]);
  });

  it("loses neither the neighbours of a row that fails, nor the rows behind a write that does; what is lost is told", async () => {
    const store = await open();
    const failures: unknown[] = [];
    const listen = (message: unknown) => void failures.push(message);
    channels.failure.subscribe(listen);
    const entry = (callId: string, sequence: number) => store.append({ callId, entry: { sequence, at_ms: 1, type: "x" } });
    const outcomes = [store.writeSoon((db) => insertCall(db, call())), store.writeSoon((db) => insertCall(db, call({ id: "call-2" })))];
    entry("call-1", 1);
    entry("nobody's", 1);
    entry("call-1", 2);
    const settled = Promise.allSettled(outcomes);
    await store.flush();
    expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    channels.failure.unsubscribe(listen);
    expect((await readTimeline(store.db, "call-1")).map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(failures).toMatchObject([{ layer: "store" }]);
  });

  it("does not let a write that fails take its neighbours with it", async () => {
    const store = await open();
    const outcomes = await Promise.allSettled([
      store.write((db) => insertCall(db, call())),
      store.write((db) => insertCall(db, call({ id: "call-2" }))),
      store.write((db) => insertCall(db, call({ id: "call-3", request_id: "request-3" }))),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await listCalls(store.db, "1234567", { limit: 9 })).calls.map((row) => row.id)).toEqual(["call-3", "call-1"]);
  });

  it("lets several wait until all is durable, without one waking another for ever", async () => {
    const store = await open();
    let resolve: () => void = () => undefined;
    const written: string[] = [];
    const writing = store.write(() => new Promise<void>((done) => (resolve = done))).then(() => written.push("write"));
    const flushing = ["first", "second"].map((name) => store.flush().then(() => written.push(name)));
    // The event loop comes round only if nobody keeps it busy meanwhile.
    await setImmediate();
    expect(written).toEqual([]);
    resolve();
    await Promise.all([writing, ...flushing]);
    expect(written[0]).toBe("write");
  });

  it("bounds what waits and counts what it refuses", async () => {
    const store = await open();
    const writes = Array.from({ length: 20_003 }, () => store.writeSoon(async () => undefined));
    const outcomes = await Promise.allSettled([...writes, store.flush()]);
    expect(outcomes.filter((outcome) => outcome.status === "rejected")).toHaveLength(3);
    expect(store.refused).toBe(3);
  });
});

describe("calls", () => {
  it("finds a call by its id, its request id and a leg's id, and only for its app", async () => {
    const store = await open();
    await store.write(async (db) => {
      await insertCall(db, call());
      await insertLeg(db, leg("leg-1"));
      await insertLeg(db, leg("leg-2", "call-1", "b"));
    });
    for (const id of ["call-1", "request-1", "leg-1", "leg-2"]) {
      expect((await findCall(store.db, "1234567", id))?.id, id).toBe("call-1");
      expect(await findCall(store.db, "7654321", id), id).toBeUndefined();
    }
    expect(await findCall(store.db, "1234567", "nothing")).toBeUndefined();
    expect((await readLegs(store.db, "call-1")).map((row) => row.id)).toEqual(["leg-1", "leg-2"]);
  });

  it("lets an end stand: the first cause is the cause", async () => {
    const store = await open();
    const end = (cause: string, ended_ms: number) => ({ status: "ended", cause, ended_ms }) as const;
    await store.write(async (db) => {
      await insertCall(db, call());
      await insertLeg(db, leg("leg-1"));
      for (const [cause, ms] of [["busy", 5], ["shutdown", 6]] as const) {
        await updateCall(db, "call-1", end(cause, ms));
        await updateLeg(db, "leg-1", { ...end(cause, ms), ended_by: "peer", sip_status: 486 });
      }
    });
    expect(await findCall(store.db, "1234567", "call-1")).toMatchObject({ cause: "busy", ended_ms: 5 });
    expect(await readLegs(store.db, "call-1")).toMatchObject([{ cause: "busy", ended_ms: 5, sip_status: 486 }]);
  });

  it("does not take an end without a cause", async () => {
    const store = await open();
    await store.write((db) => insertCall(db, call()));
    await expect(store.write((db) => updateCall(db, "call-1", { status: "ended" }))).rejects.toThrow(/CHECK/i);
  });

  it("lists pages from the newest, none twice and none left out, also in one millisecond", async () => {
    const store = await open();
    await store.write(async (db) => {
      for (let n = 0; n < 7; n += 1) {
        await insertCall(db, call({ id: `call-${n}`, request_id: null, created_ms: 1000 + Math.floor(n / 3) }));
      }
      await insertCall(db, call({ id: "other", request_id: null, appid: "7654321" }));
    });
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page = await listCalls(store.db, "1234567", { limit: 3, ...(before === undefined ? {} : { before }) });
      seen.push(...page.calls.map((row) => row.id));
      before = page.next;
    } while (before !== undefined);
    expect(seen).toEqual(["call-6", "call-5", "call-4", "call-3", "call-2", "call-1", "call-0"]);
    expect((await listCalls(store.db, "1234567", { limit: 3, before: "nothing" })).calls).toEqual([]);
  });
});

describe("recordings", () => {
  it("are completed once and belong to the app of their call", async () => {
    const store = await open();
    await store.write(async (db) => {
      await insertCall(db, call());
      await insertRecording(db, { id: "rec-1", call_id: "call-1", leg_id: "leg-1", file: "rec-1.wav", channels: "stereo", started_ms: 1 });
      await finishRecording(db, "rec-1", { status: "completed", duration_ms: 1500, completed_ms: 2 });
      await finishRecording(db, "rec-1", { status: "failed", duration_ms: null, completed_ms: 3 });
    });
    expect(await findRecording(store.db, "1234567", "rec-1")).toMatchObject({ status: "completed", duration_ms: 1500, channels: "stereo" });
    expect(await findRecording(store.db, "7654321", "rec-1")).toBeUndefined();
  });
});

describe("a search among calls", () => {
  it("reads so many in one go, and finds all over the pages", async () => {
    const store = await open();
    await store.write(async (db) => {
      for (let index = 0; index < 50; index++) {
        await insertCall(db, call({ id: `c-${String(index).padStart(2, "0")}`, request_id: null, created_ms: index, to: index % 10 === 3 ? "919" : "918" }));
      }
    });
    const found: string[] = [];
    const sizes: number[] = [];
    let before: string | undefined;
    do {
      const { calls, next } = await listCalls(store.db, "1234567", { limit: 2, to: "919", before }, 15);
      found.push(...calls.map(({ id }) => id));
      sizes.push(calls.length);
      before = next;
    } while (before !== undefined);
    expect(found).toEqual(["c-43", "c-33", "c-23", "c-13", "c-03"]);
    expect(sizes).toEqual([1, 2, 1, 1]);
    expect((await listCalls(store.db, "1234567", { limit: 2, to: "nobody" }, 50)).next).toBe("c-00");
    expect(await listCalls(store.db, "1234567", { limit: 2, to: "nobody" }, 51)).toEqual({ calls: [] });
  });
});

describe("idempotency keys", () => {
  it("belong to one app, are taken once, and are forgotten after 24 hours", async () => {
    const store = await open();
    const row = (appid: string, created_ms: number) => ({ appid, key: "k", request_hash: "h", response: "{}", created_ms });
    await store.write((db) => insertKey(db, row("1234567", 0)));
    await store.write((db) => insertKey(db, row("7654321", 0)));
    await expect(store.write((db) => insertKey(db, row("1234567", 1)))).rejects.toThrow(/UNIQUE/i);
    const day = 24 * 3_600_000;
    expect(await findKey(store.db, "1234567", "k", day - 1)).toMatchObject({ request_hash: "h" });
    expect(await findKey(store.db, "1234567", "k", day)).toBeUndefined();
    await store.write((db) => insertKey(db, row("1234567", day)));
    expect(await findKey(store.db, "7654321", "k", 0)).toBeDefined();
    expect(await store.write((db) => deleteOldKeys(db, day))).toBe(false);
    expect(await findKey(store.db, "7654321", "k", 0)).toBeUndefined();
    expect(await findKey(store.db, "1234567", "k", day)).toBeDefined();
  });
});

describe("while the server runs", () => {
  it("the file can be copied whole, as the operations page says", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/operations.md"), "utf8");
    const [, copying = ""] = /sqlite3 \S+ "(vacuum into '[^"]+')"/.exec(page) ?? [];
    const file = join(folder(), "data.db");
    const backup = join(folder(), "backup.db");
    const store = await open(file);
    const ended = { status: "ended", cause: "completed", ended_ms: 2000 } as const;
    await store.write(async (db) => {
      await insertCall(db, call({ ...ended }));
      await insertCall(db, call({ id: "call-2", request_id: "request-2" }));
      await insertLeg(db, leg("leg-1"));
    });
    const other = new Libsql(file);
    other.exec(copying.replace(/'.*'/, `'${backup}'`));
    other.close();
    await store.write((db) => insertCall(db, call({ id: "call-3", request_id: "request-3" })));
    const copy = await open(backup);
    expect((await listCalls(copy.db, "1234567", { limit: 9 })).calls.map(({ id }) => id)).toEqual(["call-2", "call-1"]);
    expect(await readLegs(copy.db, "call-1")).toHaveLength(1);
  });
});
