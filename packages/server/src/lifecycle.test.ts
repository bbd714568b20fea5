import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock, type Clock, type Timer } from "./base/index.ts";
import { startWorld, toneWav, until, type World } from "./server-world.test.support.ts";

const tone = 620;
const long = { action: "play", file_name: "long.wav" };
const short = { action: "play", file_name: "short.wav" };

let data = "";
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "piopiy-life-"));
});
afterAll(() => rm(data, { recursive: true, force: true }));

async function media(world: World): Promise<World> {
  await Promise.all([world.media("long.wav", toneWav(tone, 20_000)), world.media("short.wav", toneWav(tone, 100))]);
  return world;
}

describe("a server that is closed", () => {
  it("ends its calls with BYE, gives up what rings, takes nothing new, and keeps complete records", async () => {
    const world = await media(await startWorld({ phones: 4, data }));
    const [up, joined, other, rings] = [await world.phone(), await world.phone(), await world.phone(), await world.phone({ answering: { do: "ring" } })];
    const calls = [up, joined, other].map((phone) => phone.nextCall());
    const ringing = new Promise((resolve) => rings.events.on("ringing", resolve));
    const ids = [
      await world.call(up.username, [{ action: "record", channels: "stereo" }, long]),
      await world.call(joined.username, [{ action: "bridge", connect: [{ type: "pstn", number: other.username }] }]),
      await world.call(rings.username, [long]),
    ];
    const [first, ...others] = await Promise.all(calls);
    await Promise.all([first!.hears(tone), ringing]);
    await world.server.close();
    for (const call of [first!, ...others]) expect(await call.ended).toMatchObject({ who: "peer" });
    await expect(world.get("/health")).rejects.toThrow();
    await world.server.close();
    await world.close();

    const again = await startWorld({ data });
    const records = await Promise.all(ids.map((id) => again.record(id)));
    expect(records.map(({ status, cause }) => [status, cause])).toEqual(ids.map(() => ["ended", "shutdown"]));
    for (const { legs, timeline } of records) {
      expect(legs.every(({ status, cause }) => status === "ended" && cause !== null)).toBe(true);
      expect(timeline.at(-1)?.type).toBe("call.ended");
    }
    const [, heard] = await again.recording(records[0]!);
    expect(heard!.length / 8).toBeGreaterThanOrEqual(200);
    await again.close();
  });
});

/** The machine's clock, which counts the timers that are set and can let time pass. */
function countingClock(): Clock & { readonly timers: number; pass(ms: number): void } {
  const pending = new Map<object, { readonly dueMs: number; readonly fire: () => void; readonly timer: Timer }>();
  let passedMs = 0;
  const monotonicMs = () => systemClock.monotonicMs() + passedMs;
  return {
    now: () => systemClock.now() + passedMs,
    monotonicMs,
    setTimer(delayMs, fire) {
      const key = {};
      const run = () => {
        pending.get(key)?.timer.cancel();
        if (pending.delete(key)) fire();
      };
      pending.set(key, { dueMs: monotonicMs() + delayMs, fire: run, timer: systemClock.setTimer(delayMs, run) });
      return {
        cancel() {
          pending.get(key)?.timer.cancel();
          pending.delete(key);
        },
      };
    },
    get timers() {
      return pending.size;
    },
    pass(ms) {
      passedMs += ms;
      const due = [...pending.values()].filter(({ dueMs }) => dueMs <= monotonicMs());
      for (const { fire } of due) fire();
    },
  };
}

describe("after many calls", () => {
  it("sessions, ports, legs and timers are what they were before", async () => {
    const clock = countingClock();
    const world = await media(await startWorld({ phones: 5, server: { clock } }));
    const phones = await Promise.all(Array.from({ length: 5 }, () => world.phone()));
    const [caller, called, busy] = [phones[0]!, phones[1]!, phones[2]!];
    busy.answering = { do: "busy" };
    const flows = [
      [caller, [short]],
      [caller, [{ action: "bridge", connect: [{ type: "pstn", number: called.username }], duration: 1 }]],
      [phones[3]!, [{ action: "record" }, short, { action: "speak", text: "Hi." }, { action: "hangup" }]],
      [busy, [short]],
      [phones[4]!, [{ action: "bridge", connect: [{ type: "pstn", number: busy.username }] }, short]],
    ] as const;
    const round = async () => {
      const ids = await Promise.all(flows.map(([to, pcmo]) => world.call(to.username, pcmo)));
      await Promise.all(ids.map((id) => world.ended(id)));
    };
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith("UDP")).length;
    // What lingers on purpose (RFC 3261 timers, idle connections) is over after a while; nothing else may be there then.
    const rest = async () => {
      await until("the end of all media", async () => ((await world.metric("piopiy_media_sessions")) === 0 ? true : undefined));
      clock.pass(40_000);
      await world.get("/health");
      return { timers: clock.timers, calls: await world.metric("piopiy_calls_active"), legs: await world.metric("piopiy_legs_active"), sockets: sockets() };
    };
    await round();
    const before = await rest();
    for (let more = 0; more < 4; more++) await round();
    const after = await rest();
    expect(after).toEqual(before);
    expect([after.calls, after.legs, world.server.calls()]).toEqual([0, 0, 0]);
    await world.close();
    expect(clock.timers).toBe(0);
  });
});
