import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { badEngine, lossyTransport, type BadEngine } from "./bad-line.test.support.ts";
import { seededIds, sleep, systemClock, utf8, VirtualClock } from "./base/index.ts";
import { windowsWithout } from "./media/bad-network.test.support.ts";
import { createMediaEngine } from "./media/index.ts";
import { startReceiver, startWorld, toneWav, until, type Receiver, type World } from "./server-world.test.support.ts";
import { createUserAgent } from "./sip/index.ts";

// Calls of the whole server with phones behind a bad line.

const tones = { alice: 440, bob: 617, file: 1000 } as const;
const bridgeTo = (number: string) => ({ action: "bridge", connect: [{ type: "pstn", number }], timeout: 10 });

describe("a line that loses 5 % of the packets, with 60 ms of jitter", () => {
  let world: World;
  let hooks: Receiver;
  let engine: BadEngine;
  beforeAll(async () => {
    hooks = await startReceiver(() => ({ body: "[]" }));
    world = await startWorld({ phones: 3 });
    const faults = { loss: 0.05, duplicates: 0.02, spreadMs: 120 };
    engine = badEngine(await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0 }), systemClock, seededIds(7), faults);
  });
  afterAll(async () => {
    await world.close();
    await engine.close();
    await hooks.close();
  });

  it("bridged parties understand each other throughout, and so does the recording", async () => {
    const [alice, bob] = [await world.phone({ engine }), await world.phone({ engine })];
    const [ringing, picksUp] = [alice.nextCall(), bob.nextCall()];
    const id = await world.call(alice.username, [{ action: "record", channels: "stereo" }, bridgeTo(bob.username)]);
    const [call, other] = [await ringing, await picksUp];
    call.sendTone(tones.alice);
    other.sendTone(tones.bob);
    await Promise.all([call.hears(tones.bob, 1000), other.hears(tones.alice, 1000)]);
    await until("five seconds of talk", () => call.heard().samples.length > 5 * 8000 || undefined);
    const heard = [[call, tones.bob], [other, tones.alice]] as const;
    const missed = heard.map(([party, hz]) => windowsWithout(hz, talk(party.heard().samples, hz)));
    await call.hangup();
    const record = await world.ended(id);
    // Who was called is on the left.
    const channels = await world.recording(record);
    const recorded = ([tones.alice, tones.bob] as const).map((hz, index) => windowsWithout(hz, talk(channels[index] ?? new Int16Array(0), hz)));
    // What the machine let wait for longer than any buffer is no fault of the line.
    if ((await world.lateMs()) < 60) expect([...missed, ...recorded]).toEqual([[], [], [], []]);
    for (const { counts } of engine.shapers.slice(0, 2)) {
      expect(counts.lost).toBeGreaterThan(0);
      expect(counts.overtaken).toBeGreaterThan(50);
    }
  });

  it("keys arrive as they were pressed", async () => {
    const phone = await world.phone({ engine });
    const ringing = phone.nextCall();
    const keys = "1122334455667788";
    const id = await world.call(phone.username, [{ action: "input", max_digit: keys.length, timeout: 10, action_url: `${hooks.url}/keys` }]);
    const call = await ringing;
    await until("the action", async () => (await world.record(id)).timeline.find(({ type }) => type === "action.started"));
    await call.press(keys);
    await world.ended(id);
    expect(hooks.received.map(({ body }) => body["dtmf"])).toEqual([keys]);
  });
});

/** From the first to the last second of a tone, without its beginning and its end. */
function talk(samples: Int16Array, hz: number): Int16Array {
  const gone = new Set(windowsWithout(hz, samples));
  const starts = Array.from({ length: Math.floor(samples.length / 160) - 9 }, (_, index) => index * 20).filter((ms) => !gone.has(ms));
  return samples.subarray(((starts[0] ?? 0) + 600) * 8, ((starts.at(-1) ?? 0) - 200) * 8);
}

/** The clock passes some ten times as fast as ours, until it is stopped: what is lost is repeated after 500 ms, 1 s, 2 s … */
function passes(clock: VirtualClock): () => Promise<void> {
  let over = false;
  const pass = async () => {
    while (!over) {
      await clock.advance(40);
      await sleep(systemClock, 2);
    }
  };
  const passing = pass();
  return async () => {
    over = true;
    await passing;
  };
}

describe("a line that loses 20 % of the signalling each way", () => {
  it("brings every key that an INFO carries, once", async () => {
    const clock = new VirtualClock();
    const ids = seededIds(4_444_444);
    const hooks = await startReceiver(() => ({ body: "[]" }));
    const keys = "1122334455";
    const world = await startWorld({
      config: {
        trunks: [{ name: "us", host: "127.0.0.1" }],
        numbers: [{ number: "918000000001", pcmo: [{ action: "input", max_digit: keys.length, timeout: 60, action_url: `${hooks.url}/keys` }] }],
      },
      server: { clock },
    });
    const line = lossyTransport(ids, 0.2);
    const userAgent = await createUserAgent({ clock, ids, listen: [{ transport: "udp", host: "127.0.0.1", port: 0 }], openTransport: line.open });
    const stop = passes(clock);
    try {
      const { port } = world.server.sip[0] ?? { port: 0 };
      const offer = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 9 RTP/AVP 0", ""].join("\r\n");
      const invite = userAgent.invite({ target: `sip:918000000001@127.0.0.1:${port}`, from: "sip:919000000000@127.0.0.1", body: { type: "application/sdp", bytes: utf8(offer) } });
      const outcome = await invite.outcome;
      if (outcome.kind !== "accepted") throw new Error("the call was not taken");
      for (const key of keys) {
        const { status } = await outcome.dialog.request("INFO", { body: { type: "application/dtmf-relay", bytes: utf8(`Signal=${key}\r\nDuration=100\r\n`) } });
        expect(status).toBe(200);
      }
      await until("the keys", () => hooks.received[0]);
      expect(hooks.received.map(({ body }) => body["dtmf"])).toEqual([keys]);
      expect(line.counts.lost).toBeGreaterThan(3);
    } finally {
      await Promise.all([userAgent.close(), world.close()]);
      await stop();
      await hooks.close();
    }
  });

  it.each([1_111_111, 2_222_222])("sets up and ends calls, and nothing is told twice (%d)", async (seed) => {
    const clock = new VirtualClock();
    const hooks = await startReceiver(() => ({}));
    const phones = [{ username: "ann", password: "ann's password", number: "919300000001" }];
    const flow = [{ action: "play", file_name: "file.wav" }];
    const config = {
      phones, numbers: [{ number: "918000000001", pcmo: flow }],
      apps: [{ appid: "7654321", secret: "a secret of these tests", event_url: `${hooks.url}/event`, cdr_url: `${hooks.url}/cdr` }],
    };
    const world = await startWorld({ config, server: { clock } });
    const stop = passes(clock);
    try {
      await world.media("file.wav", toneWav(tones.file, 400));
      const line = lossyTransport(seededIds(seed), 0.2);
      const phone = await world.phone({ ...phones[0], clock, openTransport: line.open });
      const ringing = phone.nextCall();
      const out = await world.call("919300000001", flow);
      const call = await ringing;
      await call.hears(tones.file, 200);
      expect(await call.ended).toMatchObject({ reason: "completed" });
      expect(await world.ended(out)).toMatchObject({ cause: "completed" });
      const inward = await phone.call("918000000001", { timeoutMs: 60_000 });
      await inward.hears(tones.file, 200);
      await inward.hangup();
      const told = (path: string) => hooks.received.filter((one) => one.path === path).map(({ body }) => body);
      await until("both records", () => told("/cdr").length >= 2 || undefined);
      // Time for whatever would be told once more.
      await until("a minute of theirs", () => clock.monotonicMs() > 60_000 || undefined);
      expect(told("/cdr")).toHaveLength(2);
      const events = told("/event").map((body) => JSON.stringify([body["cmiuuid"], body["status"]]));
      expect(events.length).toBeGreaterThanOrEqual(4);
      expect(new Set(events).size).toBe(events.length);
      expect(line.counts.lost).toBeGreaterThan(1);
    } finally {
      await world.close();
      await stop();
      await hooks.close();
    }
  });
});
