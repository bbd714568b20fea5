import { describe, expect, it, onTestFinished } from "vitest";
import { VirtualClock } from "../base/index.ts";
import { deleteOldEvents, insertCall, insertEvent, openStore, readDeliveries, readEvents, recordAttempt, type EventState } from "./index.ts";

const states = ["pending", "delivered", "given_up", "unaddressed"] as const;
const days = 86_400_000;

/** A call with events of every state, old ones (`1`) and new ones (`100` days). */
async function world() {
  const store = await openStore({ file: ":memory:", clock: new VirtualClock() });
  onTestFinished(() => store.close());
  await store.write((db) =>
    insertCall(db, {
      id: "call", request_id: null, appid: "1", direction: "outbound", from: "1", to: "2", status: "ended", cause: "completed", created_ms: 1,
      started_ms: null, answered_ms: null, ended_ms: 2, extra_params: null, flow: "[]", options: "{}",
    }),
  );
  let sequence = 0;
  const add = async (day: number, state: EventState) => {
    sequence += 1;
    const id = `${state}-${day}-${sequence}`;
    const url = state === "unaddressed" ? null : `http://receiver.test/${sequence}`;
    await store.write(async (db) => {
      const event = { event_id: id, appid: "1", call_id: "call", leg_id: "leg", sequence, kind: "event", name: "x", ends: null, url, body: "{}", created_ms: day * days } as const;
      await insertEvent(db, event);
      const row = (await readEvents(db, "call")).find(({ event_id }) => event_id === id)!;
      const delivery = { at_ms: day * days, http: 200, error: null, duration_ms: 1 };
      if (state === "delivered" || state === "given_up") await recordAttempt(db, row, { delivery, state, next_attempt_ms: null });
    });
  };
  for (const day of [1, 100]) for (const state of states) await add(day, state);
  const left = async () => (await readEvents(store.db, "call")).map(({ event_id }) => event_id.replace(/-\d+$/, ""));
  return { store, add, left };
}

describe("old events", () => {
  const newOnes = states.map((state) => `${state}-100`);

  it.each([
    [{}, 0, [...states.map((state) => `${state}-1`), ...newOnes]],
    [{ doneBeforeMs: 50 * days }, 2, ["pending-1", "given_up-1", ...newOnes]],
    [{ givenUpBeforeMs: 50 * days }, 1, ["pending-1", "delivered-1", "unaddressed-1", ...newOnes]],
    [{ doneBeforeMs: 500 * days, givenUpBeforeMs: 500 * days }, 6, ["pending-1", "pending-100"]],
  ])("%o: %i are deleted, and none that waits", async (old, deleted, stay) => {
    const { store, left } = await world();
    expect(await store.write((db) => deleteOldEvents(db, old, 100))).toBe(deleted);
    expect(await left()).toEqual(stay);
    const known = new Set((await readEvents(store.db, "call")).map(({ event_id }) => event_id));
    for (const { event_id } of await readDeliveries(store.db, "call")) expect(known).toContain(event_id);
  });

  it("are deleted so many at a time, the oldest first", async () => {
    const { store, add, left } = await world();
    await add(0, "delivered");
    expect(await store.write((db) => deleteOldEvents(db, { doneBeforeMs: 500 * days }, 1))).toBe(1);
    expect(await left()).not.toContain("delivered-0");
    expect(await store.write((db) => deleteOldEvents(db, { doneBeforeMs: 500 * days }, 3))).toBe(3);
    expect(await store.write((db) => deleteOldEvents(db, { doneBeforeMs: 500 * days, givenUpBeforeMs: 500 * days }, 1))).toBe(1);
  });
});
