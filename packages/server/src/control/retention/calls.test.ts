import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channels, VirtualClock } from "../../base/index.ts";
import { afterEach, describe, expect, it } from "vitest";
import { finishRecording, insertCall, insertEntry, insertEvent, insertKey, insertLeg, insertRecording, openStore, readEvents, recordAttempt, type Store } from "../../store/index.ts";
import type { RetentionSettings } from "../settings.ts";
import { createRetention } from "./retention.ts";

const DAY_MS = 86_400_000;
const untimed = { sync: () => Promise.resolve(), close: () => Promise.resolve() };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Made {
  /** The day it ended; absent: it goes on. */
  readonly ended?: number;
  /** Recordings and the day they ended; "running": it goes on. */
  readonly recordings?: readonly (number | "running")[];
  /** What each recording takes. */
  readonly bytes?: number | null;
  readonly entries?: number;
  readonly event?: "pending" | "delivered" | "given_up";
  /** What the event is the only end of. */
  readonly ends?: string;
}

/** A server's data on day 100, on a disk with a folder of fake files. */
async function world(retention: RetentionSettings, at: { readonly file?: string; readonly files?: Map<string, number>; readonly free?: () => number } = {}) {
  const clock = new VirtualClock(100 * DAY_MS);
  const store = await openStore({ file: at.file ?? ":memory:", clock, log: untimed });
  const files = at.files ?? new Map<string, number>();
  const broken = { remove: false };
  const disk = {
    async remove(file: string) {
      if (broken.remove) throw new Error("EIO");
      files.delete(file);
    },
    bytesOf: async (file: string) => files.get(file) ?? 0,
    freeBytes: async () => at.free?.() ?? 1e12,
  };
  const kept = createRetention({ store, clock, recordingDisk: disk, retention });
  const told: unknown[] = [];
  const listen = (message: unknown) => told.push(message);
  channels.deleted.subscribe(listen);
  closing.push(() => store.close(), () => channels.deleted.unsubscribe(listen), () => kept.stop());
  return { clock, store, files, broken, told, retention: kept, add: (id: string, made: Made) => add(store, files, id, made), left: () => left(store) };
}

async function add(store: Store, files: Map<string, number>, id: string, { ended, recordings = [], bytes = 100, entries = 3, event, ends }: Made): Promise<void> {
  const ended_ms = ended === undefined ? null : ended * DAY_MS;
  const none = { request_id: null, started_ms: null, answered_ms: null, extra_params: null };
  const status = ended === undefined ? { status: "answered", cause: null } as const : { status: "ended", cause: "completed" } as const;
  await store.write(async (db) => {
    await insertCall(db, { id, appid: "1", direction: "outbound", from: "1", to: "2", created_ms: 0, ended_ms, flow: '["secret text"]', options: '{"x":1}', ...none, ...status });
    const leg = { call_id: id, which: "a", direction: "outbound", from: "1", to: "2", status: "dialling", started_ms: 0, ringing_ms: null, answered_ms: null, ended_ms: null, cause: null, ended_by: null, sip_status: null } as const;
    await insertLeg(db, { id: `${id}-a`, ...leg });
    for (let sequence = 1; sequence <= entries; sequence++) await insertEntry(db, id, { sequence, at_ms: 0, type: "x" });
    for (const [index, day] of recordings.entries()) {
      const own = `${id}-r${index}`;
      await insertRecording(db, { id: own, call_id: id, leg_id: `${id}-a`, file: `${own}.wav`, channels: "mono", started_ms: 0 });
      files.set(`${own}.wav`, bytes ?? 70);
      if (day !== "running") await finishRecording(db, own, { status: "completed", duration_ms: 1, completed_ms: day * DAY_MS, bytes });
    }
    if (!event) return;
    await insertEvent(db, { event_id: `${id}-e`, appid: "1", call_id: id, leg_id: `${id}-a`, sequence: 1, kind: "event", name: "x", ends: ends ?? null, url: "http://receiver.test/", body: "{}", created_ms: 99 * DAY_MS });
    const row = (await readEvents(db, id))[0]!;
    if (event !== "pending") await recordAttempt(db, row, { delivery: { at_ms: 0, http: 200, error: null, duration_ms: 1 }, state: event, next_attempt_ms: null });
  });
}

async function left({ db }: Store) {
  const of = async (table: "calls" | "legs" | "timeline" | "recordings" | "events" | "deliveries" | "removals") =>
    Number((await db.selectFrom(table).select((select) => select.fn.countAll().as("n")).executeTakeFirstOrThrow()).n);
  const ids = await db.selectFrom("calls").select("id").orderBy("id").execute();
  const recordings = await db.selectFrom("recordings").select("id").orderBy("id").execute();
  return {
    calls: ids.map(({ id }) => id), recordings: recordings.map(({ id }) => id), legs: await of("legs"), timeline: await of("timeline"),
    events: await of("events"), deliveries: await of("deliveries"), removals: await of("removals"),
  };
}

describe("old calls", () => {
  it("go with all that belongs to them; one that goes on, or of which something is still needed, stays", async () => {
    const { clock, retention, add, left, told } = await world({ callsDays: 50 });
    await add("old", { ended: 10, event: "delivered" });
    await add("given-up", { ended: 11, event: "given_up" });
    await add("waiting", { ended: 10, event: "pending" });
    await add("recorded", { ended: 10, recordings: [10] });
    await add("running", {});
    await add("young", { ended: 60, event: "delivered" });
    retention.start();
    await clock.advance(60_000);
    expect(await left()).toMatchObject({ calls: ["recorded", "running", "waiting", "young"], legs: 4, events: 2, deliveries: 1 });
    expect(retention.deleted).toMatchObject({ calls: 2, recordings: 0 });
    expect(told).toEqual([{ why: "age", calls: 2, timeline_entries: 12, events: 0, recordings: 0, recording_bytes: 0 }]);
    // A day later the young one is 41 days old, then 51.
    await clock.advance(11 * DAY_MS);
    expect((await left()).calls).toEqual(["recorded", "running", "waiting"]);
  });

  it("lose their timelines before, and what they performed; each is looked at once, also by the next run", async () => {
    const folder = mkdtempSync(join(tmpdir(), "piopiy-timelines-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "a.db");
    const first = await world({ timelinesDays: 30 }, { file });
    for (let index = 0; index < 120; index++) await first.add(`old-${index}`, { ended: 10 + index / 1000 });
    await first.add("long", { ended: 20, entries: 2500 });
    await first.add("young", { ended: 90 });
    await first.add("running", {});
    first.retention.start();
    await first.clock.advance(0);
    // So many at a time, so that others can write.
    expect((await first.left()).timeline).toBe(120 * 3 + 2500 + 6 - 150);
    await first.clock.advance(60_000);
    expect(await first.left()).toMatchObject({ timeline: 6, legs: 123 });
    expect(first.retention.deleted).toMatchObject({ timeline_entries: 120 * 3 + 2500 });
    expect(await first.store.db.selectFrom("calls").select(["flow", "options"]).where("id", "in", ["long", "young"]).orderBy("id").execute()).toEqual([
      { flow: "[]", options: "{}" }, { flow: '["secret text"]', options: '{"x":1}' },
    ]);
    first.retention.stop();
    await first.store.close();
    closing.pop();

    const second = await world({ timelinesDays: 5 }, { file });
    // Behind the place that the first run came to, nothing is looked at again.
    await second.store.write((db) => insertEntry(db, "old-0", { sequence: 9, at_ms: 0, type: "x" }));
    second.retention.start();
    await second.clock.advance(60_000);
    expect((await second.left()).timeline).toBe(4);
  });
});

describe("old recordings", () => {
  it("go with their files, and then their calls may; one that runs or is still told of stays", async () => {
    const { clock, retention, add, left, files } = await world({ recordingsDays: 20, callsDays: 50 });
    await add("old", { ended: 10, recordings: [10, 10] });
    await add("told", { ended: 10, recordings: [10], event: "pending", ends: "recording told-r0" });
    await add("delivered", { ended: 60, recordings: [60], event: "delivered", ends: "recording delivered-r0" });
    await add("running", { recordings: [10, "running"] });
    await add("young", { ended: 90, recordings: [90] });
    retention.start();
    await clock.advance(60_000);
    expect(await left()).toMatchObject({
      calls: ["delivered", "running", "told", "young"], recordings: ["running-r0", "running-r1", "told-r0", "young-r0"], removals: 0,
    });
    expect([...files.keys()].toSorted()).toEqual(["running-r0.wav", "running-r1.wav", "told-r0.wav", "young-r0.wav"]);
    expect(retention.deleted).toMatchObject({ recordings: 3, recording_bytes: 300, calls: 1 });
  });

  it("leave no file behind when the process dies between the row and the file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "piopiy-removals-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "a.db");
    const before = await world({ recordingsDays: 20 }, { file });
    for (let index = 0; index < 130; index++) await before.add(`old-${index}`, { ended: 10, recordings: [10] });
    before.broken.remove = true;
    before.retention.start();
    await before.clock.advance(60_000);
    expect(await before.left()).toMatchObject({ recordings: [], removals: 130 });
    expect(before.files.size).toBe(130);
    before.retention.stop();
    await before.store.close();
    closing.pop();

    const after = await world({}, { file, files: before.files });
    // Nobody has told this run to delete anything: it finishes what was begun.
    after.files.set("another.wav", 1);
    after.retention.start();
    await after.clock.advance(1000);
    expect(await after.left()).toMatchObject({ removals: 0 });
    expect([...after.files.keys()]).toEqual(["another.wav"]);
  });
});

describe("recordings for which there is no room", () => {
  it.each([
    ["known", 100, 350, ["b-r0", "c-r0", "d-r0"]],
    ["measured first, as a crash left them", null, 150, ["c-r0", "d-r0"]],
    ["all of them fit", 100, 400, ["a-r0", "b-r0", "c-r0", "d-r0"]],
    ["none of them fits", 100, 50, []],
  ])("the oldest go, %s", async (_, bytes, recordingsBytes, stay) => {
    const { clock, retention, add, left, files } = await world({ recordingsBytes });
    for (const [index, id] of ["a", "b", "c", "d"].entries()) await add(id, { ended: 10 + index, recordings: [10 + index], bytes });
    await add("running", { recordings: ["running"] });
    retention.start();
    await clock.advance(1000);
    expect(await left()).toMatchObject({ recordings: [...stay, "running-r0"], calls: ["a", "b", "c", "d", "running"] });
    expect(files.size).toBe(stay.length + 1);
  });

  it("the oldest go until enough of the disk is free, but none of the last day; it is looked at every minute", async () => {
    const files = new Map<string, number>();
    let others = 0;
    const free = () => 10_000 - others - [...files.values()].reduce((sum, size) => sum + size, 0);
    const { clock, retention, add, left, told } = await world({ freeBytes: 5000 }, { files, free });
    for (let index = 0; index < 40; index++) await add(`old-${String(index).padStart(2, "0")}`, { ended: 10 + index, recordings: [10 + index] });
    await add("today", { ended: 99.5, recordings: [99.5] });
    retention.start();
    await clock.advance(1000);
    expect((await left()).recordings).toHaveLength(41);
    others = 2500;
    await clock.advance(60_000);
    // 4100 taken, 2500 by others: 1600 too much; they go ten at a time.
    expect((await left()).recordings).toHaveLength(21);
    expect(told).toMatchObject([{ why: "room", recordings: 20, recording_bytes: 2000 }]);
    others = 9990;
    await clock.advance(60_000);
    expect((await left()).recordings).toEqual(["today-r0"]);
  });
});

describe("keys of requests", () => {
  it("go after a day, a few at a time", async () => {
    const { clock, store, retention } = await world({});
    const key = (key: string, created_ms: number) => ({ appid: "1", key, request_hash: "h", response: "{}", created_ms });
    await store.write(async (db) => {
      for (let index = 0; index < 1200; index++) await insertKey(db, key(`${index}`, 98 * DAY_MS));
      await insertKey(db, key("young", 99.5 * DAY_MS));
    });
    const count = async () => (await store.db.selectFrom("idempotency_keys").select("key").execute()).length;
    retention.start();
    await clock.advance(0);
    expect(await count()).toBe(701);
    await clock.advance(1000);
    expect(await count()).toBe(1);
  });
});

describe("what somebody asks to be deleted", () => {
  it("goes at once, with its file, unless it is still needed; and only the app's own", async () => {
    const { retention, add, left, files } = await world({});
    await add("a", { ended: 99, recordings: [99, 99], event: "delivered" });
    await add("b", { ended: 99, recordings: [99], event: "pending", ends: "recording b-r0" });
    await add("c", { recordings: ["running", 99] });
    await expect(retention.deleteRecording("2", "a-r0")).rejects.toMatchObject({ code: "unknown_recording" });
    await expect(retention.deleteCall("2", "a")).rejects.toMatchObject({ code: "unknown_call" });
    for (const id of ["b-r0", "c-r0", "c-r1"]) await expect(retention.deleteRecording("1", id), id).rejects.toMatchObject({ code: "still_needed" });
    for (const id of ["b", "c-a"]) await expect(retention.deleteCall("1", id), id).rejects.toMatchObject({ code: "still_needed" });
    expect(files.size).toBe(5);
    await retention.deleteRecording("1", "a-r0");
    expect([...files.keys()]).toEqual(["a-r1.wav", "b-r0.wav", "c-r0.wav", "c-r1.wav"]);
    await retention.deleteCall("1", "a-a");
    expect([...files.keys()]).toEqual(["b-r0.wav", "c-r0.wav", "c-r1.wav"]);
    expect(await left()).toMatchObject({ calls: ["b", "c"], recordings: ["b-r0", "c-r0", "c-r1"], legs: 2, timeline: 6, events: 1, deliveries: 0, removals: 0 });
    expect(retention.deleted).toMatchObject({ calls: 1, recordings: 2 });
  });

  it("is gone at once, and its files as soon as the disk lets them be deleted", async () => {
    const { clock, retention, add, left, files, broken } = await world({});
    await add("a", { ended: 99, recordings: [99, 99] });
    await add("b", { ended: 99, recordings: [99] });
    retention.start();
    broken.remove = true;
    await retention.deleteCall("1", "a");
    await retention.deleteRecording("1", "b-r0");
    expect(await left()).toMatchObject({ calls: ["b"], recordings: [], removals: 3 });
    expect(files.size).toBe(3);
    broken.remove = false;
    await clock.advance(3_600_000);
    expect(await left()).toMatchObject({ removals: 0 });
    expect(files.size).toBe(0);
  });
});
