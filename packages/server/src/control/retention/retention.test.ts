import { expect, it } from "vitest";
import { VirtualClock } from "../../base/index.ts";
import { insertCall, insertEvent, openStore } from "../../store/index.ts";
import { createRetention } from "./retention.ts";

const DAY_MS = 86_400_000;

it("old events are deleted at the start and every hour, in batches, until it is stopped", async () => {
  const clock = new VirtualClock(100 * DAY_MS);
  const store = await openStore({ file: ":memory:", clock });
  const call = { request_id: null, appid: "1", direction: "outbound", from: "1", to: "2", status: "queued", cause: null, started_ms: null, answered_ms: null, ended_ms: null, extra_params: null, flow: "[]", options: "{}" } as const;
  await store.write((db) => insertCall(db, { ...call, id: "call", created_ms: 0 }));
  const add = (first: number, count: number, atMs: number) =>
    store.write(async (db) => {
      for (let sequence = first; sequence < first + count; sequence++) {
        const own = { event_id: `${sequence}`, sequence, created_ms: atMs, body: "{}", ends: null, url: null } as const;
        await insertEvent(db, { ...own, appid: "1", call_id: "call", leg_id: "leg", kind: "event", name: "x" });
      }
    });
  const left = async () => Number((await store.db.selectFrom("events").select((of) => of.fn.countAll().as("n")).executeTakeFirstOrThrow()).n);
  await add(1, 1200, 10 * DAY_MS);
  await add(2000, 10, 95 * DAY_MS);

  const retention = createRetention({ store, clock, retention: { eventsDays: 30 } });
  retention.start();
  await clock.advance(0);
  // A batch at a time: others want to write, too.
  expect(await left()).toBe(710);
  await clock.advance(400);
  expect(await left()).toBe(10);
  await clock.advance(26 * DAY_MS);
  expect(await left()).toBe(0);
  await add(3000, 5, 10 * DAY_MS);
  expect(retention.deleted.events).toBe(1210);
  retention.stop();
  expect(clock.timers).toBe(0);
  await clock.advance(2 * DAY_MS);
  expect(await left()).toBe(5);

  const none = createRetention({ store, clock });
  none.start();
  await clock.advance(DAY_MS);
  none.stop();
  expect(await left()).toBe(5);
  await store.close();
});
