import { describe, expect, it } from "vitest";
import { answers, flowOf, FROM, OTHER, placing, setup } from "./control-world.test.support.ts";

const long = [{ action: "speak", text: "x".repeat(9000) }];

describe("a call that does things without end", () => {
  it("has so many entries on its timeline, then one that says how many were left out, and its end", async () => {
    const { control, clock, read } = await setup({ destinations: answers });
    const { callId } = await control.placeCall(placing(long));
    await clock.advance(3000);
    for (let times = 0; times < 3000; times++) for (const on of [true, false]) control.mute("1000", callId, { on });
    control.nextFlow("1000", callId, { to: { flow: flowOf(long) }, action: "flow" });
    await clock.advance(1000);
    control.act("1000", callId, "hangup");
    await clock.advance(60_000);
    const { call, timeline } = await read(callId);
    expect(call).toMatchObject({ status: "ended" });
    expect(timeline).toHaveLength(5003);
    expect(timeline.slice(5000).map(({ type }) => type)).toEqual(["leg.ended", "timeline.left_out", "call.ended"]);
    expect(timeline.map(({ sequence }) => sequence)).toEqual(timeline.map((_, index) => index + 1));
    const muted = timeline.filter(({ type }) => type.endsWith("muted")).length;
    expect(muted).toBeGreaterThan(4980);
    // What was muted beyond, and what the other flow did.
    expect(Number(timeline.at(-2)?.data?.["entries"])).toBeGreaterThanOrEqual(6000 - muted + 3);
  });

  it("dials so many legs and no more, and goes on", async () => {
    const { control, clock, read } = await setup({ destinations: { ...answers, [OTHER]: [{ does: "busy" }] } });
    const bridge = { action: "bridge", from: FROM, connect: Array.from({ length: 50 }, () => ({ type: "pstn", number: OTHER })), loop: 10 };
    const { callId } = await control.placeCall(placing([bridge, bridge, bridge, { action: "speak", text: "Nobody" }]));
    await clock.advance(4 * 3_600_000);
    const { call, legs, timeline } = await read(callId);
    expect(call).toMatchObject({ cause: "completed" });
    expect(legs).toHaveLength(1000);
    expect(timeline.filter(({ data }) => data?.["warning"] === "too_many_legs")).toHaveLength(501);
    expect(timeline.findLast(({ type }) => type === "action.finished")?.data).toMatchObject({ action: "speak" });
  });
});
