import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toneSource } from "./audio/index.ts";
import type { PhoneCall } from "./phone/index.ts";
import { app, startReceiver, startWorld, toneWav, type Receiver, type World } from "./server-world.test.support.ts";

const tones = { prompt: 620, machine: 1000 } as const;
const all: readonly number[] = Object.values(tones);
const prompt = { action: "play", file_name: "prompt.wav" };

let world: World;
let hooks: Receiver;
beforeAll(async () => {
  hooks = await startReceiver(() => ({}));
  world = await startWorld({ phones: 2, config: { apps: [{ ...app, event_url: `${hooks.url}/event` }] } });
  await world.media("prompt.wav", toneWav(tones.prompt, 1200));
});
afterAll(async () => {
  await world.close();
  await hooks.close();
});

/** A call whose party sounds a machine's tone at once; what it heard and what was told of it. */
async function calling(fields: Readonly<Record<string, unknown>>) {
  const phone = await world.phone();
  const picksUp = phone.nextCall();
  const id = await world.call(phone.username, [prompt], fields);
  const call: PhoneCall = await picksUp;
  await call.leg.play(toneSource({ frequencyHz: tones.machine, durationMs: 400 }), call.leg.signal);
  await call.ended;
  const record = await world.ended(id);
  const told = () => hooks.received.filter(({ body }) => body["status"] === "machine_detection" && body["cmiuuid"] === record.legs[0]?.cmiuuid);
  return { call, record, told, entries: record.timeline.filter(({ type }) => type === "machine_detection") };
}

describe("a call that asks who answers", () => {
  it("is told of a machine's tone on its timeline and by an event, while what it plays goes on from the first", async () => {
    const { call, record, told, entries } = await calling({ amd: true });
    expect(entries).toEqual([expect.objectContaining({ data: { result: "machine", beep: true, afterMs: expect.any(Number) } })]);
    const types = record.timeline.map(({ type }) => type);
    expect(types.indexOf("action.started")).toBeLessThan(types.indexOf("machine_detection"));
    expect(types.indexOf("machine_detection")).toBeLessThan(types.indexOf("action.finished"));
    expect([...new Set(call.heard().spans(all).map(({ frequencyHz }) => frequencyHz))]).toEqual([tones.prompt]);
    await expect.poll(told, { timeout: 30_000 }).toHaveLength(1);
    expect(told()[0]!.body).toMatchObject({ type: "event", status: "machine_detection", machine: "machine", beep: true, leg: "a" });
  });

  it("is one that has asked", async () => {
    const { told, entries } = await calling({});
    expect([entries, told()]).toEqual([[], []]);
  });
});
