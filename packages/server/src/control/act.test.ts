import { parseFlow, parseMakeCall, type Action } from "@piopiy/pcmo";
import { afterEach, describe, expect, it } from "vitest";
import { seededIds, VirtualClock } from "../base/index.ts";
import { simAudio, simCallbacks, simDialler, SimLeg, simRecordings, simStreams, type SimDestinations, type SimPost, type SimReplies } from "../simulator/index.ts";
import { findCall, openStore, readLegs, readTimeline, type Store } from "../store/index.ts";
import { createControl, type CallAction } from "./index.ts";

const A = "919000000001";
const B = "919000000002";
const NEXT = "http://app.example/next";
const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

function flowOf(actions: readonly object[]): readonly Action[] {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** A second of speech per ten characters. */
const say = (seconds: number) => ({ action: "speak", text: "0123456789".repeat(seconds) });
const bridge = { action: "bridge", from: A, connect: [{ type: "pstn", number: B }] };

/** A call that is placed now and answered after a second, as is B when it is called. */
async function placed(pcmo: readonly object[], { replies = {}, b = "answer" }: { replies?: SimReplies; b?: "answer" | "ring" } = {}) {
  const clock = new VirtualClock();
  const ids = seededIds(3);
  const store = await openStore({ file: ":memory:", clock });
  stores.push(store);
  const legs: SimLeg[] = [];
  const posts: SimPost[] = [];
  const destinations: SimDestinations = { [A]: [{ does: "answer", afterMs: 1000 }], [B]: [{ does: b, afterMs: 1000 }] };
  const control = createControl({
    store, clock, ids, dialler: simDialler(clock, destinations, legs), audio: simAudio({ characterMs: 100 }),
    callbacks: simCallbacks(clock, replies, posts), recordings: simRecordings(clock, ids, []), streams: simStreams(clock, {}), recordingFile: (id) => id,
    apps: [{ appid: "1000" }, { appid: "2000" }], numbers: [], phones: [],
  });
  const parsed = parseMakeCall({ appid: 1000, secret: "s", from: "918000000001", to: A, pcmo });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const { secret: _, ...request } = parsed.value;
  const { callId, requestId } = await control.placeCall({ request, warnings: [] });
  const record = async () => {
    await store.flush();
    const call = await findCall(store.db, "1000", callId);
    const all = await readTimeline(store.db, callId);
    return { call, legs: await readLegs(store.db, callId), timeline: all.filter(({ type }) => !type.startsWith("webhook.")) };
  };
  const types = async () => (await record()).timeline.map(({ type }) => type);
  const act = (action: CallAction, id = requestId) => control.act("1000", id, action);
  return { clock, control, legs, posts, callId, requestId, record, types, act };
}

const heard = (leg: SimLeg | undefined) => leg?.heard.map(({ startMs, endMs, complete }) => [startMs, endMs, complete]);
const failing = (work: () => unknown) => {
  try {
    work();
    return "done";
  } catch (failure) {
    return Object(failure).code;
  }
};

describe("hold", () => {
  it("keeps what is played until it is taken off, by the call's id, the request's or the leg's", async () => {
    const { clock, legs, act, callId, types } = await placed([say(3)]);
    await clock.advance(2000);
    act("hold", callId);
    act("hold");
    await clock.advance(10_000);
    act("unhold", legs[0]!.id);
    await clock.advance(3000);
    expect(heard(legs[0])).toEqual([[1000, 14_000, true]]);
    expect((await types()).filter((type) => /held|resumed|action$/.test(type))).toEqual(["call.action", "leg.held", "call.action", "call.action", "leg.resumed"]);
  });

  it("is toggled", async () => {
    const { clock, legs, act } = await placed([say(9)]);
    await clock.advance(2000);
    for (const held of [true, false, true]) {
      act("holdToggle");
      expect(legs[0]!.control.held).toBe(held);
    }
  });

  it("of a leg b means that one alone", async () => {
    const { clock, legs, act } = await placed([bridge]);
    await clock.advance(3000);
    act("hold", legs[1]!.id);
    expect(legs.map(({ control }) => control.held)).toEqual([false, true]);
  });
});

describe("digits and mute", () => {
  it("are for leg a, or the one that is named", async () => {
    const { clock, control, legs, requestId, record } = await placed([bridge]);
    await clock.advance(3000);
    control.sendDigits("1000", requestId, { digits: "12#" });
    control.sendDigits("1000", requestId, { leg: "b", digits: "7" });
    control.mute("1000", requestId, { leg: legs[1]!.id, on: true });
    control.mute("1000", legs[0]!.id, { on: true });
    control.mute("1000", legs[0]!.id, { on: true });
    control.mute("1000", requestId, { leg: "a", on: false });
    await clock.advance(1000);
    expect(legs.map((leg) => [leg.control.sentDigits, leg.control.muted])).toEqual([["12#", false], ["7", true]]);
    const told = (await record()).timeline.filter(({ type }) => /digits|mute/.test(type)).map(({ type, leg_id, data }) => [type, leg_id, data]);
    expect(told).toEqual([
      ["digits.sent", legs[0]!.id, { digits: "12#" }], ["digits.sent", legs[1]!.id, { digits: "7" }],
      ["leg.muted", legs[1]!.id, undefined], ["leg.muted", legs[0]!.id, undefined], ["leg.unmuted", legs[0]!.id, undefined],
    ]);
  });
});

describe("another flow", () => {
  it("takes the place of the one that runs; the call ends after it", async () => {
    const { clock, control, legs, requestId, record } = await placed([say(9), say(9)]);
    await clock.advance(3000);
    control.nextFlow("1000", requestId, { to: { flow: flowOf([say(1)]) }, action: "flow" });
    await clock.advance(5000);
    expect(heard(legs[0])).toEqual([[1000, 3000, false], [3000, 4000, true]]);
    const { call, timeline } = await record();
    expect(call).toMatchObject({ status: "ended", cause: "completed" });
    expect(timeline.find(({ type }) => type === "flow.replaced")).toMatchObject({ data: { actions: 1, dropped: 1, by: "request" } });
  });

  it("is asked from an address as an answer URL is, while all goes on; a leg on hold is taken off", async () => {
    const { clock, control, legs, posts, requestId, act } = await placed([say(9)], { replies: { [NEXT]: [{ body: [say(2)], afterMs: 500 }] } });
    await clock.advance(2000);
    act("hold");
    control.nextFlow("1000", requestId, { to: { url: NEXT }, action: "transfer" });
    await clock.advance(400);
    expect(legs[0]!.control.held).toBe(true);
    await clock.advance(3000);
    expect(posts).toMatchObject([{ atMs: 2000, url: NEXT, body: { to: A, cmiuuid: legs[0]!.id } }]);
    expect(heard(legs[0])).toEqual([[1000, 2500, false], [2500, 4500, true]]);
  });

  it.each<[string, SimReplies]>([
    ["cannot be reached", { [NEXT]: [{ fails: "fetch_failed" }] }],
    ["answers with no flow", { [NEXT]: [{ body: "hello" }] }],
    ["answers 500", { [NEXT]: [{ status: 500, body: [say(1)] }] }],
    ["does not answer", { [NEXT]: [{ afterMs: 60_000 }] }],
  ])("of an address that %s is none, and the timeline says so", async (_, replies) => {
    const { clock, control, legs, requestId, types } = await placed([say(30)], { replies });
    await clock.advance(2000);
    control.nextFlow("1000", requestId, { to: { url: NEXT }, action: "transfer" });
    await clock.advance(40_000);
    expect(heard(legs[0])).toEqual([[1000, 31_000, true]]);
    expect(await types()).toContain("answer_url.failed");
  });

  it("that comes when the call is over does nothing", async () => {
    const { clock, control, legs, requestId, record } = await placed([say(3)], { replies: { [NEXT]: [{ body: [say(2)], afterMs: 5000 }] } });
    await clock.advance(2000);
    control.nextFlow("1000", requestId, { to: { url: NEXT }, action: "transfer" });
    await clock.advance(30_000);
    expect(heard(legs[0])).toEqual([[1000, 4000, true]]);
    expect((await record()).call).toMatchObject({ status: "ended" });
  });

  it("for leg a ends its bridge", async () => {
    const { clock, control, legs, requestId } = await placed([bridge]);
    await clock.advance(5000);
    control.nextFlow("1000", requestId, { to: { flow: flowOf([say(2)]) }, action: "transfer" });
    await clock.advance(5000);
    expect(legs.map(({ endedMs }) => endedMs)).toEqual([7000, 5000]);
  });

  it("for leg b takes it out of the bridge: both legs go on, each with its own, and the call ends with the last", async () => {
    const { clock, control, legs, requestId, record } = await placed([bridge, say(2)]);
    await clock.advance(5000);
    control.nextFlow("1000", requestId, { leg: "b", to: { flow: flowOf([say(4)]) }, action: "transfer" });
    await clock.advance(1000);
    control.nextFlow("1000", legs[1]!.id, { to: { flow: flowOf([say(6)]) }, action: "transfer" });
    await clock.advance(30_000);
    expect(legs.map(({ endedMs }) => endedMs)).toEqual([7000, 12_000]);
    expect([heard(legs[0])?.at(-1), heard(legs[1])]).toEqual([[5000, 7000, true], [[5000, 6000, false], [6000, 12_000, true]]]);
    const { call, timeline, legs: rows } = await record();
    expect(timeline.find(({ type, data }) => type === "action.finished" && data?.["action"] === "bridge")).toMatchObject({ data: { ended: "other_leg_taken" } });
    for (const { id } of rows) expect(timeline.filter(({ type, leg_id }) => type === "leg.ended" && leg_id === id)).toHaveLength(1);
    expect(timeline.at(-1)).toMatchObject({ type: "call.ended" });
    expect(call).toMatchObject({ status: "ended" });
    expect(rows.map(({ status, cause }) => [status, cause])).toEqual([["ended", "completed"], ["ended", "completed"]]);
    expect(clock.timers).toBe(0);
  });

  it("does not keep a hangup of the call from ending both legs", async () => {
    const { clock, control, legs, requestId, act, record } = await placed([bridge, say(60)]);
    await clock.advance(5000);
    control.nextFlow("1000", requestId, { leg: "b", to: { flow: flowOf([say(60)]) }, action: "transfer" });
    await clock.advance(5000);
    act("hangup");
    await clock.advance(100);
    expect(legs.map(({ endedMs }) => endedMs)).toEqual([10_000, 10_000]);
    expect((await record()).call).toMatchObject({ status: "ended", cause: "completed" });
  });
});

describe("what is asked of", () => {
  const flow = { to: { flow: flowOf([say(1)]) }, action: "flow" } as const;
  const asks = (world: Awaited<ReturnType<typeof placed>>, id: string, leg: { leg?: string } = {}, appid = "1000") => [
    ...(leg.leg === undefined ? [failing(() => world.control.act(appid, id, "hold"))] : []),
    failing(() => world.control.nextFlow(appid, id, { ...flow, ...leg })),
    failing(() => world.control.sendDigits(appid, id, { digits: "1", ...leg })),
    failing(() => world.control.mute(appid, id, { on: true, ...leg })),
  ];

  it("an unknown call, or one of another app, is refused", async () => {
    const world = await placed([say(9)]);
    await world.clock.advance(2000);
    expect(new Set([...asks(world, "nobody"), ...asks(world, world.requestId, {}, "2000"), ...asks(world, world.requestId, { leg: "b" })])).toEqual(new Set(["unknown_call"]));
  });

  it("a leg that rings is refused", async () => {
    const world = await placed([bridge], { b: "ring" });
    await world.clock.advance(500);
    expect(new Set(asks(world, world.requestId))).toEqual(new Set(["not_answered"]));
    await world.clock.advance(2000);
    expect(new Set(asks(world, world.requestId, { leg: "b" }))).toEqual(new Set(["not_answered"]));
  });

  it("an ended leg of a running call, and an ended call, is refused", async () => {
    const world = await placed([bridge, say(9)]);
    await world.clock.advance(3000);
    world.legs[1]!.peerHangup();
    await world.clock.advance(1000);
    expect(new Set([...asks(world, world.legs[1]!.id), ...asks(world, world.requestId, { leg: "b" })])).toEqual(new Set(["unknown_call"]));
    await world.clock.advance(60_000);
    expect(new Set(asks(world, world.requestId))).toEqual(new Set(["unknown_call"]));
  });
});
