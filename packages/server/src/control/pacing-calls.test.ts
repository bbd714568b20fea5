import { describe, expect, it } from "vitest";
import { VirtualClock } from "../base/index.ts";
import { openStore } from "../store/index.ts";
import { answers, CDRS, EVENTS, OTHER, placing, setup, speak, TO } from "./control-world.test.support.ts";

const app = { appid: "1000", event_url: EVENTS, cdr_url: CDRS };
const long = [{ action: "speak", text: "x".repeat(200) }];

describe("calls under limits", () => {
  it("are dialled at the app's pace; those that wait are queued, and refused beyond the queue", async () => {
    const { control, clock, read, legs } = await setup({ destinations: answers, apps: [{ ...app, limits: { cps: 1, queue: 2 } }] });
    const placed = [await control.placeCall(placing(speak)), await control.placeCall(placing(speak)), await control.placeCall(placing(speak))];
    await expect(control.placeCall(placing(speak))).rejects.toMatchObject({ code: "rate_limited", retryAfterS: 2 });
    expect(control.statistics()).toMatchObject({ calls: 3, queued: 2 });
    expect((await read(placed[2]!.callId)).call).toMatchObject({ status: "queued", started_ms: null });
    await clock.advance(60_000);
    expect(legs).toHaveLength(3);
    const calls = await Promise.all(placed.map(async ({ callId }) => (await read(callId)).call));
    expect(calls.map((call) => call!.started_ms! - calls[0]!.started_ms!)).toEqual([0, 1000, 2000]);
    expect(calls.map((call) => call!.cause)).toEqual(["completed", "completed", "completed"]);
    expect(clock.timers).toBe(0);
  });

  it("over a trunk are so many at one time, whichever app's and whichever leg they are", async () => {
    const trunks = [{ name: "carrier", limits: { concurrent: 1, queue: 1 } }];
    const destinations = { ...answers, [OTHER]: [{ does: "answer" }] } as const;
    const exitOf = () => ({ type: "trunk", trunk: "carrier", number: "", guard: "free" }) as const;
    const { control, clock, read } = await setup({ destinations, trunks, exitOf });
    const bridge = { action: "bridge", connect: [{ type: "pstn", number: OTHER }], timeout: 20 };
    const first = await control.placeCall(placing([bridge]));
    const second = await control.placeCall(placing(speak));
    await expect(control.placeCall(placing(speak))).rejects.toMatchObject({ code: "no_capacity", retryAfterS: 5 });
    await clock.advance(60_000);
    // There was neither room for leg b nor a place to wait: the flow goes on, and the second call has its turn.
    expect((await read(first.callId)).legs).toMatchObject([{ which: "a", cause: "completed" }, { which: "b", cause: "unreachable", sip_status: 503 }]);
    expect((await read(second.callId)).call).toMatchObject({ cause: "completed" });
  });

  it("that are hung up while they wait tell their app, and were never dialled", async () => {
    const { control, clock, read, sent, legs } = await setup({ destinations: answers, apps: [{ ...app, limits: { concurrent: 1 } }] });
    await control.placeCall(placing(long));
    const { callId } = await control.placeCall(placing(speak));
    control.act("1000", callId, "hangup");
    await clock.advance(60_000);
    expect(await read(callId)).toMatchObject({ call: { status: "ended", cause: "cancelled" }, legs: [{ cause: "cancelled", answered_ms: null }] });
    expect(legs).toHaveLength(1);
    expect(sent(CDRS).filter(({ status }) => status === "missed")).toHaveLength(1);
  });

  it("that wait when the server stops are dialled after the next start, once, in their order", async () => {
    const clock = new VirtualClock();
    const store = await openStore({ file: ":memory:", clock });
    const apps = [{ ...app, limits: { concurrent: 1 } }];
    const before = await setup({ store, clock, destinations: answers, apps });
    const up = await before.control.placeCall(placing(long));
    const waiting = [await before.control.placeCall(placing(speak, { extra_params: { n: 1 }, timeout: 7 })), await before.control.placeCall(placing(speak, { to: OTHER }))];
    await clock.advance(3000);
    await clock.runUntil(before.control.drain());
    expect((await before.read(up.callId)).call).toMatchObject({ cause: "shutdown" });
    for (const { callId } of waiting) expect((await before.read(callId)).call).toMatchObject({ status: "queued" });

    const after = await setup({ store, clock, destinations: { ...answers, [OTHER]: [{ does: "ring" }] }, apps });
    expect(await after.control.recover()).toBe(0);
    await clock.advance(120_000);
    expect(await after.read(waiting[0]!.callId)).toMatchObject({ call: { status: "ended", cause: "completed", extra_params: '{"n":1}' }, legs: [{ cause: "completed" }] });
    expect(await after.read(waiting[1]!.callId)).toMatchObject({ call: { status: "ended", cause: "no_answer" }, legs: [{ to: OTHER }] });
    expect(after.sent(CDRS).map(({ request_id: id }) => id)).toEqual(waiting.map(({ requestId }) => requestId));
    expect(after.legs.map((leg) => leg.info.to)).toEqual([TO]);
    await store.close();
  });
});
