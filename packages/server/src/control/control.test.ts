import { describe, expect, it } from "vitest";
import { PiopiyError } from "../base/index.ts";
import type { Cause } from "../call/index.ts";
import { SimLeg, type SimDestinations, type SimReplies } from "../simulator/index.ts";
import { findCall, findKey, listCalls, readTimeline } from "../store/index.ts";
import { ANSWER, answers, CDRS, EVENTS, flowOf, FROM, OTHER, placing, setup, speak, TO, type Setup } from "./control-world.test.support.ts";

const ends = (timeline: readonly { type: string; leg_id?: string }[], legId?: string) =>
  timeline.filter((entry) => (legId === undefined ? entry.type === "call.ended" : entry.type === "leg.ended" && entry.leg_id === legId)).length;

describe("placing a call", () => {
  it("has the call, its first entry and its key in the database when it resolves, and nobody answered yet", async () => {
    const { control, store, legs } = await setup({ destinations: answers });
    const idempotency = { key: "k1", requestHash: "h", responseOf: (requestId: string) => ({ requestId }) };
    const { callId, requestId } = await control.placeCall({ ...placing(speak), idempotency });
    expect(requestId).toMatch(/^[A-Za-z0-9]{43}$/);
    expect(legs).toHaveLength(0);
    expect(await findCall(store.db, "1000", requestId)).toMatchObject({ id: callId, from: FROM, to: TO, direction: "outbound" });
    expect((await readTimeline(store.db, callId))[0]).toMatchObject({ sequence: 1, type: "call.queued" });
    expect(await findKey(store.db, "1000", "k1", 0)).toMatchObject({ response: JSON.stringify({ requestId }) });
  });

  it("writes nothing of a call whose key is taken, and dials nobody", async () => {
    const { control, clock, store, legs } = await setup({ destinations: answers });
    const idempotency = { key: "k1", requestHash: "h", responseOf: () => ({}) };
    const outcomes = await Promise.allSettled([1, 2].map(() => control.placeCall({ ...placing(speak), idempotency })));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected"]);
    await clock.advance(60_000);
    expect((await listCalls(store.db, "1000", { limit: 9 })).calls).toHaveLength(1);
    expect(legs).toHaveLength(1);
  });

  it("puts what was ignored on the timeline", async () => {
    const { control, store } = await setup();
    const { callId } = await control.placeCall(placing([{ action: "speak", text: "Hi", colour: "red" }]));
    const warnings = (await readTimeline(store.db, callId)).filter((entry) => entry.type === "warning");
    expect(warnings).toMatchObject([{ sequence: 2, data: { path: "/pcmo/0/colour" } }]);
  });

  it("dials, performs the flow, hangs up, and leaves one end each", async () => {
    const { control, clock, read, legs } = await setup({ destinations: answers });
    const { requestId } = await control.placeCall(placing(speak));
    await clock.advance(60_000);
    const { call, legs: rows, timeline } = await read(requestId);
    expect(call).toMatchObject({ status: "ended", cause: "completed" });
    expect(call!.answered_ms! - call!.started_ms!).toBe(2000);
    expect(rows).toMatchObject([{ which: "a", status: "ended", cause: "completed", ended_by: "us", to: TO }]);
    expect(legs[0]!.heard).toMatchObject([{ kind: "speech", complete: true }]);
    expect(timeline.map((entry) => entry.type)).toEqual([
      "call.queued", "leg.dialled", "leg.ringing", "leg.answered", "flow.started", "action.started", "action.finished",
      "flow.finished", "leg.ended", "call.ended",
    ]);
    expect(timeline.map((entry) => entry.sequence)).toEqual(timeline.map((_, index) => index + 1));
    expect(control.statistics()).toMatchObject({ calls: 0, legs: 0, callsEnded: { completed: 1 }, legsEnded: { completed: 1 } });
    expect(clock.timers).toBe(0);
  });

  const outcomes: readonly [name: string, destination: SimDestinations, loop: number, cause: string, attempts: number][] = [
    ["busy", { [TO]: [{ does: "busy" }] }, 1, "busy", 1],
    ["nobody answers", { [TO]: [{ does: "ring" }] }, 1, "no_answer", 1],
    ["refused", { [TO]: [{ does: "reject" }] }, 1, "rejected", 1],
    ["nobody can reach it", {}, 1, "unreachable", 1],
    ["busy three times", { [TO]: [{ does: "busy" }] }, 3, "busy", 3],
    ["answers in the second round", { [TO]: [{ does: "ring" }, { does: "answer" }] }, 3, "completed", 2],
  ];
  it.each(outcomes)("%s", async (_, destinations, loop, cause, attempts) => {
    const { control, clock, read } = await setup({ destinations });
    const { requestId } = await control.placeCall(placing(speak, { loop, timeout: 5 }));
    await clock.advance(60_000);
    const { call, legs, timeline } = await read(requestId);
    expect(call).toMatchObject({ status: "ended", cause });
    expect(legs.map((leg) => leg.status)).toEqual(Array.from({ length: attempts }, () => "ended"));
    expect(legs.at(-1)!.cause).toBe(cause);
    for (const leg of legs) expect(ends(timeline, leg.id)).toBe(1);
    expect(ends(timeline)).toBe(1);
  });

  it("fails the call, and not the server, when the dialler throws", async () => {
    const { control, clock, read } = await setup({ dialler: { dial: () => Promise.reject(new Error("boom")) } });
    const { requestId } = await control.placeCall(placing(speak));
    await clock.advance(1000);
    expect(await read(requestId)).toMatchObject({ call: { cause: "failed" }, legs: [{ cause: "failed" }] });
  });

  it("says what to do about a number to which nothing leads", async () => {
    const nowhere = { dial: () => Promise.resolve({ answered: false, cause: { reason: "unreachable", who: "us" } } as const) };
    const { control, clock, read } = await setup({ dialler: nowhere });
    const { requestId } = await control.placeCall(placing(speak));
    await clock.advance(1000);
    const end = (await read(requestId)).timeline.find((entry) => entry.type === "leg.ended");
    expect(end?.data).toMatchObject({ reason: "unreachable", message: expect.stringMatching(/No trunk and no registered phone/) });
  });

  it("ends an answered call after its duration", async () => {
    const { control, clock, read } = await setup({ destinations: answers });
    const { requestId } = await control.placeCall(placing([{ action: "speak", text: "x".repeat(9000) }], { duration: 30 }));
    await clock.advance(60_000);
    const { call } = await read(requestId);
    expect(call).toMatchObject({ cause: "duration" });
    expect(call!.ended_ms! - call!.answered_ms!).toBe(30_000);
    expect(clock.timers).toBe(0);
  });

  it("records leg a from answer to end when asked to", async () => {
    const { control, clock, read, recorded } = await setup({ destinations: answers });
    const { requestId } = await control.placeCall(placing(speak, { record: true }));
    await clock.advance(60_000);
    const { legs, recordings, timeline } = await read(requestId);
    expect(timeline.find((entry) => entry.type === "recording.finished")?.data).toEqual({ recording: recorded[0]!.id, durationMs: 715 });
    expect(recordings).toMatchObject([
      { leg_id: legs[0]!.id, status: "completed", channels: "stereo", duration_ms: 715, file: `${recorded[0]!.id}.wav` },
    ]);
  });

  it("goes on without a recording that cannot be made, and says so", async () => {
    const recordings = { start: () => Promise.reject(new PiopiyError("media_failed")) };
    const { control, clock, read } = await setup({ destinations: answers, recordings });
    const { requestId } = await control.placeCall(placing(speak, { record: true }));
    await clock.advance(60_000);
    const { call, timeline } = await read(requestId);
    expect(call).toMatchObject({ cause: "completed" });
    expect(timeline.find((entry) => entry.type === "recording.failed")?.data).toMatchObject({ code: "media_failed" });
  });

  it("takes down the legs of a bridge", async () => {
    const destinations: SimDestinations = {
      [TO]: [{ does: "answer" }],
      [OTHER]: [{ does: "busy" }, { does: "answer", script: [{ atMs: 8000, hangup: true }] }],
    };
    const { control, clock, read, sent } = await setup({ destinations });
    const bridge = { action: "bridge", from: FROM, connect: [{ type: "pstn", number: OTHER }], loop: 2 };
    const { requestId } = await control.placeCall(placing([bridge]));
    await clock.advance(120_000);
    const { legs, timeline } = await read(requestId);
    expect(legs).toMatchObject([
      { which: "a", cause: "completed" },
      { which: "b", to: OTHER, cause: "busy", answered_ms: null },
      { which: "b", to: OTHER, cause: "completed", ended_by: "peer" },
    ]);
    for (const leg of legs) expect(ends(timeline, leg.id)).toBe(1);
    const told = (id: string) => sent(EVENTS).filter((event) => event["cmiuuid"] === id).map((event) => event["status"]);
    expect(told(legs[2]!.id)).toEqual(["out_started", "out_ringing", "out_answered", "out_bridged", "out_hangup"]);
    expect(told(legs[1]!.id)).toEqual(["out_started", "out_hangup"]);
  });
});

describe("receiving a call", () => {
  async function receive(options: Setup, to = "918000000009", from = TO) {
    const world = await setup(options);
    const leg = new SimLeg(world.clock, world.ids.uuid(), { direction: "inbound", from, to });
    const seen: { rings: number; rejected?: Cause } = { rings: 0 };
    world.control.receiveCall({
      leg,
      ring: () => void (seen.rings += 1),
      reject(cause) {
        seen.rejected = cause;
        void leg.hangup(cause);
      },
    });
    return { ...world, leg, seen };
  }
  const number = (more: object) => ({ numbers: [{ number: "+91 8000000009", app: "1000", ...more }] });

  it("performs its number's flow", async () => {
    const { clock, leg, read, sent } = await receive(number({ pcmo: flowOf(speak) }));
    await clock.advance(30_000);
    expect(leg.heard).toMatchObject([{ kind: "speech", complete: true }]);
    const { call, legs, timeline } = await read(leg.id);
    expect(call).toMatchObject({ direction: "inbound", request_id: null, status: "ended", cause: "completed" });
    expect(legs).toMatchObject([{ which: "a", direction: "inbound", cause: "completed", answered_ms: expect.any(Number) }]);
    expect(timeline.filter((entry) => entry.type === "leg.answered")).toHaveLength(1);
    expect(timeline.map((entry) => entry.sequence)).toEqual(timeline.map((_, index) => index + 1));
    expect(sent(EVENTS).map((event) => event["status"])).toEqual(["in_started", "in_answered", "in_hangup"]);
    expect(sent(CDRS)).toMatchObject([{ direction: "inbound", leg: "a", status: "answered", conversation_uuid: leg.id }]);
  });

  it("refuses without answering when the flow begins with hangup", async () => {
    const { clock, leg, read } = await receive(number({ pcmo: flowOf([{ action: "hangup" }]) }));
    await clock.advance(1000);
    expect(leg.answeredMs).toBeUndefined();
    expect((await read(leg.id)).call).toMatchObject({ cause: "rejected", answered_ms: null });
  });

  it("asks the answer URL, and lets the caller hear ringing meanwhile", async () => {
    const { clock, leg, posts, seen, read } = await receive({ ...number({ answer_url: ANSWER }), replies: { [ANSWER]: [{ body: speak }] } });
    await clock.advance(30_000);
    expect(posts.find((post) => post.url === ANSWER)?.body).toEqual({
      action: "inbound", from: TO, to: "918000000009", time: 1_700_000_000_000, cmiuuid: leg.id,
    });
    expect(seen.rings).toBe(1);
    expect(leg.heard).toHaveLength(1);
    expect((await read(leg.id)).call).toMatchObject({ flow: JSON.stringify(flowOf(speak)) });
  });

  const failures: readonly [name: string, replies: SimReplies[string], code: string][] = [
    ["cannot be fetched", [{ fails: "fetch_failed" }], "fetch_failed"],
    ["answers 500", [{ status: 500, body: speak }], "answer_status"],
    ["answers no JSON", [{ body: "got it" }], "invalid_request"],
    ["answers no actions", [{ body: [] }], "empty_flow"],
    ["answers a wrong action", [{ body: [{ action: "dance" }] }], "invalid_request"],
    ["hangs", [{ afterMs: 3_600_000 }], "fetch_failed"],
  ];
  it.each(failures)("refuses the call when the answer URL %s", async (_, replies, code) => {
    const { clock, leg, seen, read } = await receive({ ...number({ answer_url: ANSWER }), replies: { [ANSWER]: replies } });
    await clock.advance(30_000);
    expect(seen.rejected).toMatchObject({ reason: "failed", who: "us" });
    const { call, timeline } = await read(leg.id);
    expect(call).toMatchObject({ status: "ended", cause: "failed" });
    expect(timeline.find((entry) => entry.type === "answer_url.failed")?.data).toMatchObject({ code });
  });

  it("gives up asking when the caller does", async () => {
    const { clock, leg, read } = await receive({ ...number({ answer_url: ANSWER }), replies: { [ANSWER]: [{ afterMs: 5000, body: speak }] } });
    await clock.advance(100);
    leg.peerHangup();
    await clock.advance(20_000);
    expect((await read(leg.id)).call).toMatchObject({ cause: "cancelled" });
    expect(leg.heard).toEqual([]);
  });

  it.each(["100", "alice"])("rings a phone by %s, passes the ringing on, and joins both", async (to) => {
    const phones = [{ username: "alice", number: "100" }];
    const alice: SimDestinations = { alice: [{ does: "answer", script: [{ atMs: 5000, hangup: true }] }] };
    const { clock, leg, legs, seen, read } = await receive({ phones, destinations: alice }, to, "bob");
    await clock.advance(1000);
    expect(seen.rings).toBe(1);
    expect(leg.answeredMs).toBeUndefined();
    await clock.advance(30_000);
    expect(leg.answeredMs).toBe(2000);
    expect(leg.joins).toMatchObject([{ other: legs[0]!.id }]);
    expect((await read(leg.id)).legs).toMatchObject([{ which: "a", from: "bob" }, { which: "b", from: "bob", to: "alice", cause: "completed" }]);
  });

  it("refuses the caller of a phone for the reason for which the phone did", async () => {
    const { clock, leg, read } = await receive({ phones: [{ username: "alice", number: "100" }], destinations: { alice: [{ does: "busy" }] } }, "100");
    await clock.advance(30_000);
    expect(leg.signal.reason).toMatchObject({ reason: "busy" });
    expect((await read(leg.id)).call).toMatchObject({ cause: "busy" });
  });

  it("rejects an unknown number with 404, and says so on the timeline", async () => {
    const { clock, leg, seen, read } = await receive({}, "424242");
    await clock.advance(100);
    expect(seen.rejected).toEqual({ reason: "unreachable", who: "us", sipStatus: 404 });
    expect((await read(leg.id)).timeline.map((entry) => entry.type)).toContain("call.rejected");
  });

  it("rejects what comes beyond the limit", async () => {
    const { seen, read, leg } = await receive({ ...number({ pcmo: flowOf(speak) }), maxCalls: 0 });
    expect(seen.rejected).toMatchObject({ sipStatus: 503 });
    expect((await read(leg.id)).call).toBeUndefined();
  });
});

describe("acting on a call", () => {
  const long = [{ action: "speak", text: "x".repeat(9000) }];

  it.each(["call", "request", "leg"] as const)("hangs up by its %s id", async (which) => {
    const { control, clock, read } = await setup({ destinations: answers });
    const { callId, requestId } = await control.placeCall(placing(long));
    await clock.advance(5000);
    const { legs } = await read(callId);
    control.act("1000", { call: callId, request: requestId, leg: legs[0]!.id }[which], "hangup");
    await clock.advance(100);
    expect((await read(callId)).call).toMatchObject({ status: "ended", cause: "completed" });
    expect(() => control.act("1000", callId, "hangup")).toThrow(expect.objectContaining({ code: "unknown_call" }));
  });

  it("cancels a call that still rings", async () => {
    const { control, clock, read } = await setup({ destinations: { [TO]: [{ does: "ring" }] } });
    const { callId } = await control.placeCall(placing(speak, { loop: 5 }));
    await clock.advance(1000);
    control.act("1000", callId, "hangup");
    await clock.advance(1000);
    expect(await read(callId)).toMatchObject({ call: { cause: "cancelled" }, legs: [{ cause: "cancelled", ended_by: "us" }] });
  });

  it("hangs up leg b alone: the flow goes on", async () => {
    const { control, clock, read, legs } = await setup({ destinations: { ...answers, [OTHER]: [{ does: "answer" }] } });
    const { callId } = await control.placeCall(placing([{ action: "bridge", connect: [{ type: "pstn", number: OTHER }] }, ...speak]));
    await clock.advance(10_000);
    control.act("1000", (await read(callId)).legs[1]!.id, "hangup");
    await clock.advance(10_000);
    expect(legs[0]!.heard.map((span) => span.kind)).toContain("speech");
    expect(await read(callId)).toMatchObject({ call: { cause: "completed" }, legs: [{ cause: "completed" }, { cause: "completed", ended_by: "us" }] });
  });

  it("knows no call of another app", async () => {
    const { control, clock } = await setup({ destinations: answers });
    const { callId } = await control.placeCall(placing(long));
    await clock.advance(5000);
    expect(() => control.act("2000", callId, "hangup")).toThrow(expect.objectContaining({ code: "unknown_call" }));
  });
});

describe("draining", () => {
  it("ends what runs, ringing or up, as shutdown, and takes nothing new", async () => {
    const { control, clock, read } = await setup({ destinations: { [TO]: [{ does: "answer" }, { does: "ring" }] } });
    const up = await control.placeCall(placing([{ action: "speak", text: "x".repeat(9000) }]));
    const rings = await control.placeCall(placing(speak));
    await clock.advance(5000);
    expect(control.statistics()).toMatchObject({ calls: 2, legs: 2 });
    await clock.runUntil(control.drain());
    for (const { callId } of [up, rings]) expect(await read(callId)).toMatchObject({ call: { cause: "shutdown" }, legs: [{ cause: "shutdown" }] });
    await expect(control.placeCall(placing(speak))).rejects.toMatchObject({ code: "draining" });
    expect(clock.timers).toBe(0);
  });

  it("does not wait for ever for somebody else's server", async () => {
    const { control, clock } = await setup({ destinations: answers, replies: { [EVENTS]: [{ afterMs: 3_600_000 }] } });
    await control.placeCall(placing(speak));
    await clock.advance(3000);
    const before = clock.monotonicMs();
    await clock.runUntil(control.drain(5000));
    expect(clock.monotonicMs() - before).toBe(5000);
  });

  it("refuses calls beyond the limit", async () => {
    const { control } = await setup({ maxCalls: 1 });
    await control.placeCall(placing(speak));
    await expect(control.placeCall(placing(speak))).rejects.toMatchObject({ code: "rate_limited" });
  });
});
