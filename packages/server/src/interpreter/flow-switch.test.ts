import { parseFlow, type Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { scope, seededIds, VirtualClock } from "../base/index.ts";
import { simAudio, simCallbacks, simDialler, SimLeg, simRecordings, simStreams, type SimDestinations, type SimRecording } from "../simulator/index.ts";
import { createFlowSwitch, runFlow, type Ports, type TimelineEvent } from "./index.ts";

const B = "15550201";

function flowOf(actions: readonly object[]): readonly Action[] {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** A flow on an outbound leg; a second of speech per ten characters. */
function running(actions: readonly object[], destinations: SimDestinations = {}) {
  const clock = new VirtualClock();
  const ids = seededIds();
  const leg = new SimLeg(clock, "a", { direction: "outbound", from: "1", to: "2" });
  const others: SimLeg[] = [];
  const recordings: SimRecording[] = [];
  const timeline: (TimelineEvent & { readonly atMs: number })[] = [];
  const ports: Ports = {
    clock, ids, audio: simAudio({ characterMs: 100 }), callbacks: simCallbacks(clock, {}, []), recordings: simRecordings(clock, ids, recordings), streams: simStreams(clock, {}),
    dialler: simDialler(clock, destinations, others), timeline: { add: (entry) => void timeline.push({ atMs: clock.monotonicMs(), ...entry }) },
  };
  const outside = createFlowSwitch();
  const life = scope();
  const result = runFlow(flowOf(actions), { callId: "c", appid: "1", from: "1", to: "2", direction: "outbound" }, leg, ports, life.signal, outside);
  return { clock, leg, others, recordings, timeline, outside, life, result };
}

const say = (text: string) => ({ action: "speak", text });
const ten = say("0123456789");
const heard = (leg: SimLeg) => leg.heard.map(({ startMs, endMs, complete }) => [startMs, endMs, complete]);

describe("a flow put in the place of another", () => {
  it("interrupts the action under way, and the rest is left out", async () => {
    const { clock, leg, outside, result, timeline } = running([ten, ten, ten]);
    await clock.advance(1400);
    expect(outside.replace(flowOf([say("01234")]))).toBe(true);
    expect(await clock.runUntil(result)).toEqual({ end: "completed" });
    expect(heard(leg)).toEqual([[0, 1000, true], [1000, 1400, false], [1400, 1900, true]]);
    expect(timeline.find(({ type }) => type === "flow.replaced")).toMatchObject({ atMs: 1400, data: { actions: 1, dropped: 1, by: "request" } });
    expect(timeline.filter(({ type }) => type === "action.finished").map(({ data }) => data?.["complete"])).toEqual([true, false, true]);
  });

  it("ends a bridge: the other leg is hung up", async () => {
    const { clock, others, outside, result } = running([{ action: "bridge", connect: [{ type: "pstn", number: B }] }], { [B]: [{ does: "answer", afterMs: 1000 }] });
    await clock.advance(5000);
    outside.replace(flowOf([ten]));
    await clock.runUntil(result);
    expect(others.map(({ endedMs, signal }) => [endedMs, signal.reason])).toEqual([[5000, { reason: "completed", who: "us" }]]);
    expect(clock.monotonicMs()).toBe(6000);
  });

  it("gives up a phone that rings", async () => {
    const { clock, others, outside, result, timeline } = running([{ action: "bridge", connect: [{ type: "pstn", number: B }] }], { [B]: [{ does: "ring" }] });
    await clock.advance(3000);
    outside.replace(flowOf([ten]));
    expect(await clock.runUntil(result)).toEqual({ end: "completed" });
    expect(others).toEqual([]);
    expect(timeline.find(({ type }) => type === "leg.ended")).toMatchObject({ atMs: 3000, data: { reason: "cancelled" } });
  });

  it("leaves a recording running, which ends with the last flow", async () => {
    const { clock, outside, recordings, result } = running([{ action: "record" }]);
    await clock.advance(2000);
    outside.replace(flowOf([ten]));
    await clock.runUntil(result);
    expect(recordings).toMatchObject([{ startMs: 0, durationMs: 3000 }]);
  });

  it("may be replaced again; of two at once the later counts", async () => {
    const { clock, leg, outside, result } = running([ten]);
    await clock.advance(500);
    outside.replace(flowOf([say("lost")]));
    outside.replace(flowOf([ten]));
    await clock.advance(500);
    outside.replace(flowOf([say("01")]));
    await clock.runUntil(result);
    expect(heard(leg)).toEqual([[0, 500, false], [500, 1000, false], [1000, 1200, true]]);
  });

  it.each<[string, (world: ReturnType<typeof running>) => void, string]>([
    ["after the party has hung up", ({ leg }) => leg.peerHangup(), "leg_ended"],
    ["after the flow was given up", ({ life }) => life.close(), "aborted"],
  ])("%s is not begun", async (_, end, how) => {
    const world = running([ten]);
    await world.clock.advance(500);
    end(world);
    world.outside.replace(flowOf([ten]));
    expect(await world.clock.runUntil(world.result)).toMatchObject({ end: how });
    expect(heard(world.leg)).toEqual([[0, 500, false]]);
    expect(world.clock.timers).toBe(0);
  });

  it("is refused when none is running any more", async () => {
    const { clock, outside, result } = running([ten]);
    await clock.runUntil(result);
    expect(outside.replace(flowOf([ten]))).toBe(false);
  });
});
