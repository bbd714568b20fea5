import { parseFlow, type Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { scope, seededIds, VirtualClock } from "../base/index.ts";
import { simAudio, simCallbacks, simDialler, SimLeg, simRecordings, simStreams, simulate, type SimulationReport } from "../simulator/index.ts";
import type { Ports, TimelineEvent } from "./ports.ts";
import { runFlow } from "./run.ts";
import type { CallContext } from "./call-context.ts";

const url = "https://app.example.com/";
const call: CallContext = { callId: "c1", appid: "1000", from: "15550100", to: "15550199", direction: "outbound" };

function flow(...actions: readonly unknown[]): readonly Action[] {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

const data = (report: SimulationReport, type: string) =>
  report.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);

/** A leg and its world, with the clock in the test's hands. */
function world() {
  const clock = new VirtualClock();
  const leg = new SimLeg(clock, "a", call);
  const ids = seededIds();
  const told: TimelineEvent[] = [];
  const ports: Ports = {
    clock, ids,
    audio: simAudio({}),
    callbacks: simCallbacks(clock, { [url]: [{ body: [], afterMs: 5000 }] }, []),
    recordings: simRecordings(clock, ids, []),
    streams: simStreams(clock, {}),
    dialler: simDialler(clock, { "15550201": [{ does: "answer", afterMs: 1000 }], "15550202": [{ does: "ring" }] }, []),
    timeline: { add: (entry) => void told.push(entry) },
  };
  return { clock, leg, ports, told };
}

/** One flow for every place in which a call can be when it ends, reached one second and a half after its start. */
const places: [string, readonly Action[], string][] = [
  ["play", flow({ action: "play", file_name: "a.wav" }), ""],
  ["speak", flow({ action: "speak", text: "x".repeat(100) }), ""],
  ["a prompt", flow({ action: "play_get_input", action_url: url, file_name: "a.wav" }), ""],
  ["collecting digits", flow({ action: "input", action_url: url, max_digit: 4 }), "12"],
  ["a callback", flow({ action: "input", action_url: url }), "1"],
  ["voicemail", flow({ action: "record" }), ""],
  ["ringing", flow({ action: "bridge", connect: [{ type: "pstn", number: "15550202" }] }), ""],
  ["a ringing group", flow({ action: "bridge", ring_type: "group", connect: [{ type: "pstn", number: "15550202" }, { type: "pstn", number: "15550202" }] }), ""],
  ["a bridge", flow({ action: "connect", record: true, connect: [{ type: "pstn", number: "15550201" }] }), ""],
];

describe("a flow", () => {
  it("without actions is completed at once, and leaves the leg up", async () => {
    const { leg, ports, told } = world();
    expect(await runFlow([], call, leg, ports, scope().signal)).toEqual({ end: "completed" });
    expect(leg.signal.aborted).toBe(false);
    expect(told).toEqual([
      { type: "flow.started", legId: "a", data: { actions: 0 } },
      { type: "flow.finished", legId: "a", data: { end: "completed" } },
    ]);
  });

  it.each(places)("ends at once when the party hangs up during %s, and leaves nothing behind", async (_, actions, keys) => {
    const { clock, leg, ports, told } = world();
    const result = runFlow(actions, call, leg, ports, scope().signal);
    await clock.advance(1000);
    for (const key of keys) leg.press(key);
    await clock.advance(500);
    leg.peerHangup();
    await clock.advance(0);
    expect(await result).toEqual({ end: "leg_ended", cause: { reason: "completed", who: "peer" } });
    expect([clock.timers, leg.digits.count("digit")]).toEqual([0, 0]);
    expect(told.at(-1)).toMatchObject({ type: "flow.finished", data: { end: "leg_ended" } });
  });

  it.each(places)("is stopped by its caller's signal during %s, and the leg stays up", async (_, actions, keys) => {
    const { clock, leg, ports } = world();
    const caller = scope();
    const result = runFlow(actions, call, leg, ports, caller.signal);
    await clock.advance(1000);
    for (const key of keys) leg.press(key);
    await clock.advance(500);
    caller.close("shutdown");
    await clock.advance(0);
    expect(await result).toEqual({ end: "aborted" });
    expect([clock.timers, leg.digits.count("digit"), leg.signal.aborted]).toEqual([0, 0, false]);
  });

  it("on a leg that has ended performs nothing", async () => {
    const { leg, ports, told } = world();
    leg.peerHangup();
    const result = await runFlow(flow({ action: "speak", text: "x" }), call, leg, ports, scope().signal);
    expect(result).toEqual({ end: "leg_ended", cause: { reason: "completed", who: "peer" } });
    expect(told.map(({ type }) => type)).toEqual(["flow.started", "flow.finished"]);
  });

  it("whose inbound leg cannot be answered tells so, and goes on", async () => {
    const { clock, ports, told } = world();
    const inbound = { ...call, direction: "inbound" } as const;
    const leg = new SimLeg(clock, "a", inbound);
    leg.answer = () => Promise.reject(new Error("no codec"));
    expect(await runFlow(flow({ action: "speak", text: "x" }), inbound, leg, ports, scope().signal)).toEqual({ end: "completed" });
    expect(told.find(({ type }) => type === "action.failed")?.data).toMatchObject({ action: "speak", code: "internal" });
  });
});

describe("hangup", () => {
  it.each<[string, CallContext["direction"], readonly unknown[], string, number | undefined]>([
    ["refuses an inbound call that nothing has answered", "inbound", [{ action: "hangup" }], "rejected", undefined],
    ["refuses it with the action's cause", "inbound", [{ action: "hangup", cause: "USER_BUSY" }], "busy", undefined],
    ["refuses it as rejected with a cause nobody knows", "inbound", [{ action: "hangup", cause: "whatever" }], "rejected", undefined],
    ["refuses it after actions without media", "inbound", [{ action: "param", text: "x" }, { action: "hangup" }], "rejected", undefined],
    ["hangs up an inbound call that was answered", "inbound", [{ action: "speak", text: "" }, { action: "hangup" }], "completed", 0],
    ["hangs up an outbound call", "outbound", [{ action: "hangup", cause: "busy" }], "completed", 0],
  ])("%s, and ends the flow", async (_, direction, actions, reason, answeredMs) => {
    const report = await simulate(flow(...actions, { action: "speak", text: "never" }), [], { call: { direction } });
    expect(report.result).toMatchObject({ end: "hung_up", cause: { reason, who: "us" } });
    expect(report.legs[0]?.cause).toEqual({ reason, who: "us" });
    expect(report.legs[0]?.answeredMs).toBe(answeredMs);
    expect(data(report, "action.started").at(-1)).toEqual({ action: "hangup" });
  });
});

