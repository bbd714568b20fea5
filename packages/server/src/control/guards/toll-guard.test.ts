import { describe, expect, it } from "vitest";
import { channels, seededIds, VirtualClock } from "../../base/index.ts";
import type { DialTarget } from "../../call/index.ts";
import { openStore } from "../../store/index.ts";
import { ANSWER, EVENTS, flowOf, OTHER, placing, setup, speak, TO } from "../control-world.test.support.ts";
import { TooManyCalls } from "../pacing.ts";
import type { Exit } from "./destinations.ts";
import { CallRefused, createTollGuard } from "./toll-guard.ts";

const app = { appid: "1000", event_url: EVENTS };
const MINUTE = 60_000;
/** Everything but a phone's user name leaves by a carrier. */
const exitOf = (target: DialTarget): Exit | undefined =>
  target.type === "user" ? undefined : { type: "trunk", trunk: "carrier", number: target.type === "number" ? target.number : "", guard: "guarded" };
const destinations = { [TO]: [{ does: "answer" }, { does: "answer" }], [OTHER]: [{ does: "answer" }], desk: [{ does: "answer" }] } as const;
const bridge = (...numbers: string[]) => ({ action: "bridge", connect: numbers.map((number) => ({ type: "pstn", number })), timeout: 20 });
const wait = { action: "speak", text: "x".repeat(10_000) };
const ABROAD = "442000000000";

describe("a call over a trunk", () => {
  it("is refused before anything is written or sent when nobody told which numbers may be called", async () => {
    const { control, legs, clock } = await setup({ destinations, exitOf });
    const told: unknown[] = [];
    const listener = (message: unknown) => void told.push(message);
    channels.callRefused.subscribe(listener);
    const failure = await control.placeCall(placing(speak)).catch((refused: unknown) => refused);
    channels.callRefused.unsubscribe(listener);
    expect(failure).toBeInstanceOf(CallRefused);
    expect(failure).toMatchObject({ code: "destination_refused", refusal: { reason: "not_told", message: expect.stringContaining("/limits/country") } });
    await clock.advance(60_000);
    expect(legs).toEqual([]);
    expect(control.statistics()).toMatchObject({ calls: 0, refused: { not_told: 1 } });
    expect(told).toEqual([{ appid: "1000", reason: "not_told" }]);
    expect(JSON.stringify(told)).not.toContain(TO);
  });

  it("is dialled when it is allowed", async () => {
    const { control, clock, read } = await setup({ destinations, exitOf, limits: { country: "91" } });
    const { callId } = await control.placeCall(placing(speak));
    await clock.advance(60_000);
    expect((await read(callId)).call).toMatchObject({ cause: "completed" });
  });

  const flows: readonly [what: string, flow: unknown][] = [
    ["a bridge", [bridge(ABROAD)]],
    ["a connect", [{ action: "connect", from: "918000000001", connect: [{ type: "pstn", number: ABROAD }], timeout: 20 }]],
    ["a group", [{ ...bridge(ABROAD, "33100000000"), ring_type: "group" }]],
    ["a SIP URI", [{ action: "bridge", connect: [{ type: "sip", uri: "sip:442000000000@carrier.example" }], timeout: 20 }]],
  ];
  it.each(flows)("%s to a number that is not allowed dials nobody and says so, and the flow goes on", async (_, flow) => {
    const { control, clock, read, legs } = await setup({ destinations, exitOf, limits: { country: "91" } });
    const { callId } = await control.placeCall(placing(flow));
    await clock.advance(60_000);
    const { call, timeline, legs: rows } = await read(callId);
    expect(call).toMatchObject({ cause: "completed" });
    expect(legs).toHaveLength(1);
    const refused = timeline.filter(({ type }) => type === "call.refused");
    expect(refused[0]).toMatchObject({ data: { reason: "not_allowed" } });
    expect(rows.filter(({ which }) => which === "b")).toHaveLength(refused.length);
    expect(rows.find(({ which }) => which === "b")).toMatchObject({ cause: "rejected", ended_by: "us", sip_status: 403 });
  });

  it("that an app's answer or a transfer asks for is refused as well", async () => {
    const { control, clock, read, legs } = await setup({
      destinations, exitOf, limits: { country: "91" }, replies: { [ANSWER]: [{ body: JSON.stringify([bridge(ABROAD)]) }] },
    });
    const asked = await control.placeCall({ ...placing(speak), request: { ...placing(speak).request, pcmo: [] }, answerUrl: ANSWER });
    await clock.advance(60_000);
    const moved = await control.placeCall(placing([wait]));
    await clock.advance(5000);
    control.nextFlow("1000", moved.callId, { to: { flow: flowOf([bridge(ABROAD)]) }, action: "transfer" });
    await clock.advance(60_000);
    for (const { callId } of [asked, moved]) {
      expect((await read(callId)).timeline.filter(({ type }) => type === "call.refused")).toHaveLength(1);
    }
    expect(legs.map(({ info }) => info.to)).toEqual([TO, TO]);
  });

  it("to a phone of ours is nobody's business but ours", async () => {
    const { control, clock, read } = await setup({ destinations, exitOf, limits: { destinations: ["91"], day_minutes: 1 } });
    const { callId } = await control.placeCall(placing([{ action: "bridge", connect: [{ type: "sip", user: "desk" }], timeout: 20 }]));
    await clock.advance(5000);
    expect((await read(callId)).legs).toMatchObject([{ which: "a" }, { which: "b", to: "desk", status: "answered" }]);
  });

  it("that waited for its turn is asked about again when it is dialled", async () => {
    const clock = new VirtualClock();
    const store = await openStore({ file: ":memory:", clock });
    const before = await setup({ store, clock, destinations, exitOf, limits: { country: "91" }, apps: [{ ...app, limits: { concurrent: 1 } }] });
    await before.control.placeCall(placing([wait]));
    const { callId } = await before.control.placeCall(placing(speak));
    await clock.advance(5000);
    await clock.runUntil(before.control.drain());
    const after = await setup({ store, clock, destinations, exitOf, limits: { country: "1" } });
    await after.control.recover();
    await clock.advance(60_000);
    expect(await after.read(callId)).toMatchObject({ call: { cause: "rejected" }, legs: [{ cause: "rejected", sip_status: 403 }] });
    expect(after.legs).toEqual([]);
    await store.close();
  });
});

describe("minutes over trunks", () => {
  it("end a leg that is up for longer than one may be", async () => {
    const { control, clock, read } = await setup({ destinations, exitOf, apps: [{ ...app, limits: { call_minutes: 2 } }], limits: { country: "91", call_minutes: 5 } });
    const { callId } = await control.placeCall(placing([wait]));
    await clock.advance(4 * MINUTE);
    const { legs: [leg] } = await read(callId);
    expect(leg).toMatchObject({ cause: "duration", ended_by: "us" });
    expect(leg!.ended_ms! - leg!.answered_ms!).toBe(2 * MINUTE);
  });

  it("of a day end the legs of an app, then refuse it until tomorrow, also after a restart", async () => {
    const clock = new VirtualClock();
    const store = await openStore({ file: ":memory:", clock });
    const options = { store, clock, destinations, exitOf, limits: { country: "91" }, apps: [{ ...app, limits: { day_minutes: 4 } }] };
    const { control, read } = await setup(options);
    const { callId } = await control.placeCall(placing([bridge(OTHER)]));
    await clock.advance(10 * MINUTE);
    expect((await read(callId)).legs.map(({ cause }) => cause)).toContain("duration");
    await expect(control.placeCall(placing(speak))).rejects.toMatchObject({ code: "minutes_used_up", retryAfterS: expect.any(Number) });
    await clock.runUntil(control.drain());
    const after = (await setup({ ...options, ids: seededIds(8) })).control;
    await after.recover();
    const failure: unknown = await after.placeCall(placing(speak)).catch((refused: unknown) => refused);
    expect(failure).toMatchObject({ code: "minutes_used_up" });
    const retryMs = failure instanceof CallRefused ? (failure.retryAfterS ?? 0) * 1000 : 0;
    await clock.advance(retryMs);
    await expect(after.placeCall(placing(speak))).resolves.toHaveProperty("callId");
    await clock.runUntil(after.drain());
    await store.close();
  });
});

describe("legs over trunks", () => {
  it("of an app are so many at one time, and one that finds no room is given up when it would have rung for too long", async () => {
    const { control, clock, read, legs } = await setup({ destinations, exitOf, limits: { country: "91" }, apps: [{ ...app, limits: { trunk_legs: 1, queue: 1 } }] });
    const { callId } = await control.placeCall(placing([bridge(OTHER)]));
    await clock.advance(5000);
    await expect(control.placeCall(placing(speak))).rejects.toBeInstanceOf(TooManyCalls);
    await clock.advance(60_000);
    expect((await read(callId)).legs).toMatchObject([{ which: "a", cause: "completed" }, { which: "b", cause: "unreachable", sip_status: 503 }]);
    expect(legs).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });

  it("keep the app's pace, those that flows dial too", async () => {
    const group = { ...bridge(OTHER, "919000000003"), ring_type: "group" };
    const { control, clock, read } = await setup({ destinations, exitOf, limits: { country: "91" }, apps: [{ ...app, limits: { cps: 1, queue: 9 } }] });
    const { callId } = await control.placeCall(placing([{ action: "speak", text: "x" }, group]));
    await clock.advance(60_000);
    const { timeline } = await read(callId);
    expect(timeline.filter(({ type }) => type === "call.refused")).toEqual([]);
    expect((await read(callId)).legs.filter(({ which }) => which === "b")).toHaveLength(2);
  });
});

describe("a REFER", () => {
  const refer = (on: boolean, number: string) =>
    createTollGuard({ clock: new VirtualClock(), apps: [app], limits: { country: "91", refer: on }, exitOf }).referRefusal("1000", { type: "number", number })?.reason;

  it.each([[false, TO, "refer_off"], [true, TO, undefined], [true, ABROAD, "not_allowed"]] as const)("with refer %s to %s: %s", (on, number, reason) => {
    expect(refer(on, number)).toBe(reason);
  });

  it("to a phone of ours needs no permission", () => {
    const guard = createTollGuard({ clock: new VirtualClock(), apps: [app], exitOf });
    expect(guard.referRefusal("1000", { type: "user", user: "desk" })).toBeUndefined();
  });
});

