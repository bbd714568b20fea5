import { parseFlow, type Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { PiopiyError, sleep, VirtualClock } from "../../base/index.ts";
import type { Dialler, DialRequest } from "../../call/index.ts";
import { followScript, SimLeg, simulate, type CallerScript, type SimDestination, type SimulationOptions, type SimulationReport } from "../../simulator/index.ts";
import type { CallContext } from "../call-context.ts";

const A = "15550201";
const B = "15550202";
const C = "15550203";
const after = { action: "speak", text: "after" };
const bridge = (more: object = {}) => ({ action: "bridge", connect: [A, B, C].map((number) => ({ type: "pstn", number })), timeout: 20, ...more });
const answers = (afterMs: number, script: CallerScript = [{ atMs: 5000, hangup: true }]): SimDestination => ({ does: "answer", afterMs, script });
const busy: SimDestination = { does: "busy" };
const rings: SimDestination = { does: "ring" };

async function run(
  actions: readonly unknown[], phones: Record<string, SimDestination | readonly SimDestination[]>,
  script: CallerScript = [], more: SimulationOptions = {},
): Promise<SimulationReport> {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const flow: readonly Action[] = parsed.value;
  const destinations = Object.fromEntries(Object.entries(phones).map(([name, does]) => [name, "does" in does ? [does] : does]));
  return simulate(flow, script, { destinations, audio: { characterMs: 10 }, ...more });
}

const data = (report: SimulationReport, type: string) =>
  report.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);
const outcome = (report: SimulationReport) => data(report, "action.finished")[0];
const dialled = (report: SimulationReport) =>
  report.timeline.filter(({ type }) => type === "leg.dialled").map(({ atMs, data }) => [atMs, data?.["destination"], data?.["round"]]);
const talks = (report: SimulationReport) => report.legs[0]?.joins.map(({ startMs, endMs }) => [startMs, endMs]);
const wentOn = (report: SimulationReport) => data(report, "action.started").some((entry) => entry?.["action"] === "speak");

describe("bridge", () => {
  // [when, destination, round] of every call that was made; [from, to] of what was said between both legs.
  it.each<[string, object, Parameters<typeof run>[1], number[][], number[][]]>([
    ["the first answers", {}, { [A]: answers(3000) }, [[0, 0, 1]], [[3000, 8000]]],
    ["one after the other until one answers", {}, { [A]: busy, [B]: rings, [C]: answers(1000) }, [[0, 0, 1], [100, 1, 1], [20_100, 2, 1]], [[21_100, 26_100]]],
    ["an answer after the time-out is none", {}, { [A]: answers(20_001), [B]: answers(1000) }, [[0, 0, 1], [20_000, 1, 1], ], [[21_000, 26_000]]],
    ["nobody", {}, { [A]: busy, [B]: { does: "reject", afterMs: 500 }, [C]: { does: "unreachable" } }, [[0, 0, 1], [100, 1, 1], [600, 2, 1]], []],
    ["a second round", { loop: 2 }, { [A]: [busy, answers(1000)], [B]: busy, [C]: busy }, [[0, 0, 1], [100, 1, 1], [200, 2, 1], [300, 0, 2]], [[1300, 6300]]],
    ["all rounds in vain", { loop: 2, connect: [{ type: "pstn", number: A }] }, { [A]: busy }, [[0, 0, 1], [100, 0, 2]], []],
    ["all at once: the first to answer", { ring_type: "group" }, { [A]: answers(3000), [B]: answers(2000), [C]: rings }, [[0, 0, 1], [0, 1, 1], [0, 2, 1]], [[2000, 7000]]],
    ["all at once: nobody, twice", { ring_type: "group", loop: 2 }, { [A]: busy, [B]: busy, [C]: rings }, [[0, 0, 1], [0, 1, 1], [0, 2, 1], [20_000, 0, 2], [20_000, 1, 2], [20_000, 2, 2]], []],
    ["all at once: two at the same moment", { ring_type: "group" }, { [A]: answers(2000), [B]: answers(2000), [C]: busy }, [[0, 0, 1], [0, 1, 1], [0, 2, 1]], [[2000, 7000]]],
    ["duration over", { duration: 3 }, { [A]: answers(1000, []) }, [[0, 0, 1]], [[1000, 4000]]],
  ])("%s", async (_, more, phones, expectedCalls, expectedTalks) => {
    const report = await run([bridge(more), after], phones);
    expect(dialled(report)).toEqual(expectedCalls);
    expect(talks(report)).toEqual(expectedTalks);
    expect(wentOn(report)).toBe(true);
    expect(report.result).toEqual({ end: "completed" });
    for (const leg of report.legs) expect(leg.cause).toBeDefined();
  });

  it("tells which destination answered, how long both talked, and what came of the others", async () => {
    const report = await run([bridge()], { [A]: busy, [B]: answers(2000) });
    const legIds = report.timeline.filter(({ type }) => type === "leg.dialled").map(({ legId }) => legId);
    expect(outcome(report)).toEqual({
      action: "bridge", answered: true, destination: 1, round: 1, other: legIds[1], bridgedMs: 5000, ended: "other_leg",
      attempts: [{ round: 1, destination: 0, legId: legIds[0], cause: { reason: "busy", who: "peer" } }],
    });
  });

  it("tells the causes when nobody answered", async () => {
    const report = await run([bridge()], { [A]: busy, [B]: rings, [C]: { does: "reject" } });
    expect(outcome(report)).toMatchObject({
      answered: false,
      attempts: [{ cause: { reason: "busy" } }, { cause: { reason: "no_answer" } }, { cause: { reason: "rejected" } }],
    });
  });

  it("cancels the others of a group", async () => {
    const report = await run([bridge({ ring_type: "group" })], { [A]: answers(2000), [B]: answers(2000), [C]: rings });
    expect(outcome(report)).toMatchObject({
      destination: 0,
      attempts: [{ destination: 1, cause: { reason: "cancelled", elsewhere: true } }, { destination: 2, cause: { reason: "cancelled", elsewhere: true } }],
    });
    expect(report.legs.map(({ info }) => info.to)).toEqual(["15550199", A]);
  });

  it("hangs up who answers a group too late, and lets nobody wait for it", async () => {
    const clock = new VirtualClock();
    const late: SimLeg[] = [];
    // The second phone's answer crosses its cancellation, and is told seconds later.
    const dial: Dialler["dial"] = async ({ target, legId }) => {
      const first = target.type === "number" && target.number === A;
      await sleep(clock, first ? 1000 : 9000);
      const leg = new SimLeg(clock, legId, { direction: "outbound", from: "1", to: first ? A : B });
      if (first) followScript([{ atMs: 2000, hangup: true }], leg, clock);
      else late.push(leg);
      return { answered: true, leg };
    };
    const connect = [{ type: "pstn", number: A }, { type: "pstn", number: B }];
    const report = await run([bridge({ ring_type: "group", connect }), after], {}, [], { clock, ports: { dialler: { dial } } });
    expect(talks(report)).toEqual([[1000, 3000]]);
    expect(data(report, "action.finished").map((entry) => entry?.["action"])).toEqual(["bridge", "speak"]);
    expect(late.map(({ joins, signal }) => [joins.length, signal.reason])).toEqual([[0, { reason: "cancelled", who: "us", elsewhere: true }]]);
    expect(report.timeline.filter(({ type }) => ["action.finished", "flow.finished"].includes(type)).map(({ atMs }) => atMs)).toEqual([3000, 3050, 9000]);
    expect(report.timeline.findLast(({ type }) => type === "leg.ended")).toMatchObject({ atMs: 9000, actionIndex: 0, legId: late[0]?.id });
  });

  it("tells the life of the other leg, with its number masked", async () => {
    const report = await run([bridge({ duration: 3 })], { [A]: answers(1000, []) });
    const other = report.legs[1]?.id;
    const told = report.timeline.filter(({ legId }) => legId === other);
    expect(told.map(({ atMs, type }) => [atMs, type])).toEqual([
      [0, "leg.dialled"], [50, "leg.ringing"], [1000, "leg.answered"], [4000, "leg.ended"],
    ]);
    expect(told[0]?.data).toMatchObject({ to: "*****201" });
    expect(told.at(-1)?.data).toMatchObject({ reason: "duration", who: "us" });
    expect(outcome(report)).toMatchObject({ ended: "duration", bridgedMs: 3000 });
  });

  it.each<[string, Partial<CallContext>, object, string]>([
    ["of the action", {}, { from: "15557777" }, "15557777"],
    ["of the app, which placed the call", { direction: "outbound" }, {}, "15550100"],
    ["of the app, which was called", { direction: "inbound" }, {}, "15550199"],
  ])("calls with the number %s", async (_, call, more, from) => {
    const report = await run([bridge(more)], { [A]: answers(1000) }, [], { call });
    expect(report.legs[1]?.info).toEqual({ direction: "outbound", from, to: A });
  });

  it("dials numbers, users and addresses, near the first leg, for as long as asked", async () => {
    const requests: DialRequest[] = [];
    const dialler: Dialler = {
      dial: (request) => {
        requests.push(request);
        return Promise.resolve({ answered: false, cause: { reason: "busy", who: "peer" } });
      },
    };
    const connect = [{ type: "pstn", number: A }, { type: "sip", user: "alice" }, { type: "sip", uri: "sip:bob@example.com" }];
    await run([{ ...bridge(), connect, timeout: 7 }, { action: "connect", connect: [{ type: "sip", user: "carol" }] }], {}, [], { ports: { dialler } });
    expect(requests.map(({ target, timeoutMs }) => [target, timeoutMs])).toEqual([
      [{ type: "number", number: A }, 7000],
      [{ type: "user", user: "alice" }, 7000],
      [{ type: "uri", uri: "sip:bob@example.com" }, 7000],
      [{ type: "user", user: "carol" }, 40_000],
    ]);
    expect(requests.every(({ near }) => near instanceof SimLeg)).toBe(true);
    expect(new Set(requests.map(({ legId }) => legId)).size).toBe(4);
  });

  it.each<[string, unknown, string]>([
    ["no_route", new PiopiyError("no_route"), "unreachable"],
    ["something unforeseen", new Error("boom"), "failed"],
  ])("takes a dialler that fails with %s for an attempt that failed", async (_, failure, reason) => {
    const dialler: Dialler = { dial: () => Promise.reject(failure) };
    const report = await run([bridge(), after], {}, [], { ports: { dialler } });
    expect(outcome(report)).toMatchObject({ answered: false, attempts: [{ cause: { reason } }, { cause: { reason } }, { cause: { reason } }] });
    expect(wentOn(report)).toBe(true);
  });

  describe("the first leg", () => {
    it("hears ringback while the other phone rings, and no longer", async () => {
      const report = await run([bridge()], { [A]: busy, [B]: rings, [C]: answers(8000) });
      expect(report.legs[0]?.heard.map(({ kind, startMs, endMs }) => [kind, startMs, endMs])).toEqual([
        ["tone", 150, 20_100], ["tone", 20_150, 28_100],
      ]);
    });

    const early = (report: SimulationReport) => report.legs[0]?.early.map(({ startMs, endMs }) => [startMs, endMs]);
    const tone = (report: SimulationReport) => report.legs[0]?.heard.filter(({ kind }) => kind === "tone").map(({ startMs, endMs }) => [startMs, endMs]);

    // When ringback, and when the far end itself was heard.
    it.each<[string, object, Parameters<typeof run>[1], number[][], number[][]]>([
      ["in place of ringback until it answers", {}, { [A]: { ...answers(8000), earlyMs: 3000 } }, [[50, 3000]], [[3000, 8000]]],
      ["until it is given up", { connect: [{ type: "pstn", number: A }] }, { [A]: { ...rings, earlyMs: 5000 } }, [[50, 5000]], [[5000, 20_000]]],
      ["one after the other", {}, { [A]: { ...rings, earlyMs: 5000 }, [B]: { ...answers(2000), earlyMs: 1000 } }, [[50, 5000], [20_050, 21_000]], [[5000, 20_000], [21_000, 22_000]]],
      ["the first of a group", { ring_type: "group" }, { [A]: { ...answers(8000), earlyMs: 3000 }, [B]: { ...rings, earlyMs: 2000 }, [C]: busy }, [[50, 2000]], [[2000, 8000]]],
    ])("hears a far end before it answers, %s", async (_, more, phones, tones, heard) => {
      const report = await run([bridge(more)], phones);
      expect([tone(report), early(report)]).toEqual([tones, heard]);
      expect(data(report, "leg.early_media").length).toBeGreaterThan(0);
    });

    it("hears ringback again when the one of a group that was heard gives up", async () => {
      const gone: Dialler["dial"] = async ({ target, onRinging, onEarlyMedia, legId }, signal) => {
        onRinging?.();
        if (target.type === "number" && target.number === A) {
          onEarlyMedia?.({ join: (leg) => (leg instanceof SimLeg ? leg.joinEarly(legId) : () => undefined) });
          await sleep(clock, 4000, signal);
          return { answered: false, cause: { reason: "busy", who: "peer" } };
        }
        await sleep(clock, 10_000, signal).catch(() => undefined);
        return { answered: false, cause: { reason: "no_answer", who: "us" } };
      };
      const clock = new VirtualClock();
      const connect = [{ type: "pstn", number: A }, { type: "pstn", number: B }];
      const report = await run([bridge({ ring_type: "group", connect })], {}, [], { clock, ports: { dialler: { dial: gone } } });
      expect([early(report), tone(report)?.at(-1)]).toEqual([[[0, 4000]], [4000, 10_000]]);
    });

    it("hears nothing early while it is not answered itself", async () => {
      const report = await run([bridge()], { [A]: { ...answers(3000), earlyMs: 1000 } }, [], { call: { direction: "inbound" } });
      expect([early(report), tone(report)]).toEqual([[], []]);
    });

    it("is not answered before somebody answers for it, and hears nothing of ours until then", async () => {
      const report = await run([bridge()], { [A]: answers(3000) }, [], { call: { direction: "inbound" } });
      expect(report.legs[0]).toMatchObject({ answeredMs: 3000, heard: [] });
      expect(talks(report)).toEqual([[3000, 8000]]);
    });

    it("stays unanswered when nobody answers", async () => {
      const report = await run([bridge({ loop: 2 }), { action: "hangup", cause: "busy" }], { [A]: busy }, [], { call: { direction: "inbound" } });
      expect(report.legs[0]?.answeredMs).toBeUndefined();
      expect(report.result).toEqual({ end: "hung_up", cause: { reason: "busy", who: "us" } });
    });

    it.each<[string, number, object, string[]]>([
      ["while a phone rings", 1500, {}, []],
      ["while a group rings", 1500, { ring_type: "group" }, []],
      ["while both talk", 4000, {}, ["completed"]],
    ])("hangs up %s: nobody else is called, the other leg ends, the flow too", async (_, atMs, more, causes) => {
      const report = await run([bridge({ loop: 3, ...more }), after], { [A]: answers(3000, []), [B]: rings }, [{ atMs, hangup: true }]);
      expect(report.result).toEqual({ end: "leg_ended", cause: { reason: "completed", who: "peer" } });
      expect(report.durationMs).toBe(atMs);
      expect(report.legs.slice(1).map(({ cause, endedMs }) => [cause?.reason, endedMs])).toEqual(causes.map((cause) => [cause, atMs]));
      expect(wentOn(report)).toBe(false);
      expect(outcome(report)).toEqual({ action: "bridge", interrupted: true });
    });

    it("and the other hang up at the same moment", async () => {
      const report = await run([bridge(), after], { [A]: answers(1000, [{ atMs: 2000, hangup: true }]) }, [{ atMs: 3000, hangup: true }]);
      expect(report.result).toEqual({ end: "leg_ended", cause: { reason: "completed", who: "peer" } });
      expect(talks(report)).toEqual([[1000, 3000]]);
      expect(wentOn(report)).toBe(false);
    });
  });

  it("survives an other leg that is gone before it is joined", async () => {
    const clock = new VirtualClock();
    const gone = new SimLeg(clock, "gone", { direction: "outbound", from: "1", to: "2" });
    gone.peerHangup();
    const report = await run([bridge(), after], {}, [], { ports: { dialler: { dial: () => Promise.resolve({ answered: true, leg: gone }) } } });
    expect(talks(report)).toEqual([]);
    expect(outcome(report)).toMatchObject({ answered: true, bridgedMs: 0, ended: "other_leg" });
    expect(wentOn(report)).toBe(true);
  });

  it("hangs up who answers when the first leg can no longer be answered", async () => {
    const report = await run([bridge()], { [A]: answers(3000, []) }, [{ atMs: 3000, hangup: true }], { call: { direction: "inbound" } });
    expect(report.result).toEqual({ end: "leg_ended", cause: { reason: "cancelled", who: "peer" } });
    expect(talks(report)).toEqual([]);
    for (const leg of report.legs) expect(leg.endedMs).toBe(3000);
  });

  describe("record", () => {
    it("records both parties from the answer to the end of the bridge", async () => {
      const report = await run([bridge({ record: true }), after], { [A]: answers(2000) });
      expect(report.recordings).toMatchObject([{ legId: report.legs[0]?.id, channels: "stereo", startMs: 2000, durationMs: 5000 }]);
      expect(data(report, "recording.finished")).toMatchObject([{ recording: report.recordings[0]?.id, durationMs: 5000 }]);
    });

    it("does not when nobody answers", async () => {
      expect((await run([bridge({ record: true })], { [A]: busy })).recordings).toEqual([]);
    });

    it("that fails is told, and both talk all the same", async () => {
      const recordings = { start: () => Promise.reject(new PiopiyError("media_failed")) };
      const report = await run([bridge({ record: true })], { [A]: answers(2000) }, [], { ports: { recordings } });
      expect(data(report, "recording.failed")).toEqual([{ code: "media_failed", message: expect.any(String), next: "bridge_goes_on" }]);
      expect(talks(report)).toEqual([[2000, 7000]]);
    });
  });
});
