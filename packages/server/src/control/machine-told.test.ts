import { describe, expect, it } from "vitest";
import { VirtualClock } from "../base/index.ts";
import { openStore } from "../store/index.ts";
import { answers, EVENTS, placing, setup } from "./control-world.test.support.ts";

const app = { appid: "1000", event_url: EVENTS };
const long = [{ action: "speak", text: "x".repeat(400) }];
const wordless = { result: "unknown", beep: false, afterMs: 5000 };

describe("a call that asks who answers", () => {
  it("is told of a party that says nothing, once, in an event of its own among the others", async () => {
    const { control, clock, read, sent } = await setup({ destinations: answers, apps: [app] });
    const { callId } = await control.placeCall(placing(long, { amd: true }));
    await clock.advance(120_000);
    const { timeline, legs } = await read(callId);
    expect(timeline.filter(({ type }) => type === "machine_detection").map(({ leg_id: legId, data }) => [legId, data])).toEqual([[legs[0]!.id, wordless]]);
    const statuses = sent(EVENTS).map(({ status }) => status);
    expect(statuses).toEqual(["out_started", "out_ringing", "out_answered", "machine_detection", "out_hangup"]);
    expect(sent(EVENTS)[3]).toMatchObject({ type: "event", machine: "unknown", beep: false, sequence: 4, leg: "a", cmiuuid: legs[0]!.id });
    expect(clock.timers).toBe(0);
  });

  it("is told of nothing once it has ended", async () => {
    const { control, clock, read } = await setup({ destinations: answers, apps: [app] });
    const { callId } = await control.placeCall(placing([{ action: "hangup" }], { amd: true }));
    await clock.advance(120_000);
    expect((await read(callId)).timeline.map(({ type }) => type)).not.toContain("machine_detection");
    expect(clock.timers).toBe(0);
  });

  it("asks still when it has waited through a start of the server", async () => {
    const clock = new VirtualClock();
    const store = await openStore({ file: ":memory:", clock });
    const apps = [{ ...app, limits: { concurrent: 1 } }];
    const before = await setup({ store, clock, destinations: answers, apps });
    await before.control.placeCall(placing(long));
    const { callId } = await before.control.placeCall(placing(long, { amd: true }));
    await clock.advance(1000);
    await clock.runUntil(before.control.drain());
    const after = await setup({ store, clock, destinations: answers, apps });
    await after.control.recover();
    await clock.advance(120_000);
    expect((await after.read(callId)).timeline).toContainEqual(expect.objectContaining({ type: "machine_detection", data: wordless }));
    await store.close();
  });
});
