import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toneSpans } from "./audio/index.ts";
import { randomIds, systemClock } from "./base/index.ts";
import { createPhone, type Phone, type PhoneOptions } from "./phone/index.ts";
import { overUdp, rawRequest } from "./raw-sip.test.support.ts";
import { app, heardMs, host, startReceiver, startWorld, toneWav, until, type CallRecord, type Receiver, type World } from "./server-world.test.support.ts";

const tones = { hello: 620, asked: 1000, alice: 440, bob: 880 } as const;
const all: readonly number[] = Object.values(tones);
const numbers = { inline: "918000000001", asks: "918000000002", broken: "918000000003", both: "918000000004" } as const;
const bob = { username: "bob", password: "bob's password", number: "919300000001" } as const;
const alice = { username: "alice", password: "alice's password" } as const;

let world: World;
let hooks: Receiver;
beforeAll(async () => {
  hooks = await startReceiver(({ path }) => (path === "/answer" ? { body: JSON.stringify([{ action: "play", file_name: "asked.wav" }]) } : { status: 500 }));
  const config = {
    phones: [bob, alice, { username: "nobody", password: "x", number: "919300000009" }],
    numbers: [
      { number: numbers.inline, pcmo: [{ action: "play", file_name: "hello.wav" }] },
      { number: numbers.asks, answer_url: `${hooks.url}/answer` },
      { number: numbers.broken, answer_url: `${hooks.url}/broken` },
      { number: numbers.both, pcmo: [{ action: "record", channels: "stereo" }, { action: "bridge", connect: [{ type: "sip", user: "bob" }] }] },
    ],
  };
  world = await startWorld({ config });
  await Promise.all([world.media("hello.wav", toneWav(tones.hello, 500)), world.media("asked.wav", toneWav(tones.asked, 500))]);
});
afterAll(async () => {
  await world.close();
  await hooks.close();
});

const on: Phone[] = [];
async function phone(account: Pick<PhoneOptions, "username" | "password">, options: Partial<PhoneOptions> = {}): Promise<Phone> {
  const made = await createPhone({ ...account, server: world.server.sip[0]!, host, clock: systemClock, ids: randomIds, ...options });
  on.push(made);
  return made;
}
const switchedOff = () => Promise.all(on.splice(0).map((one) => one.close()));

/** The newest record of an inbound call to that number, once it has ended. */
async function recordTo(number: string): Promise<CallRecord> {
  const found = await until("a call to that number", async () => {
    const page: { readonly calls: readonly CallRecord[] } = JSON.parse(await (await world.get("/calls")).text());
    return page.calls.find(({ to }) => to === number);
  });
  return world.ended(found.call_id);
}

describe("a phone that calls", () => {
  it("a number with a flow of its own hears it", async () => {
    const caller = await phone(alice, { register: false });
    const call = await caller.call(numbers.inline);
    expect(await call.ended).toEqual({ reason: "completed", who: "peer" });
    expect(heardMs(call.heard().spans(all), tones.hello)).toBeGreaterThan(100);
    const record = await recordTo(numbers.inline);
    expect(record).toMatchObject({ direction: "inbound", from: "alice", cause: "completed", legs: [{ leg: "a", cause: "completed" }] });
    expect(record.timeline.map(({ type }) => type)).toEqual(expect.arrayContaining(["call.received", "leg.answered", "action.finished", "call.ended"]));
    await switchedOff();
  });

  it("a number with an answer URL hears what that answers", async () => {
    const caller = await phone(alice, { register: false });
    const call = await caller.call(numbers.asks);
    await call.ended;
    expect(heardMs(call.heard().spans(all), tones.asked)).toBeGreaterThan(100);
    const asked = hooks.received.find(({ path }) => path === "/answer");
    const record = await recordTo(numbers.asks);
    expect(asked?.body).toMatchObject({ action: "inbound", from: "alice", to: numbers.asks, cmiuuid: record.legs[0]!.cmiuuid });
    await switchedOff();
  });

  it("a number whose answer URL is broken is refused, and the timeline says why", async () => {
    const caller = await phone(alice, { register: false });
    await expect(caller.call(numbers.broken)).rejects.toMatchObject({ cause: { who: "peer", sipStatus: 500 } });
    const record = await recordTo(numbers.broken);
    expect(record.timeline.find(({ type }) => type === "answer_url.failed")?.data).toMatchObject({ http: 500, code: "answer_status" });
    await switchedOff();
  });

  it("another phone's number rings it, and both hear each other", async () => {
    const [caller, called] = [await phone(alice), await phone(bob)];
    await Promise.all([caller.registered, called.registered]);
    const [rings, picksUp] = [new Promise((resolve) => called.events.on("ringing", resolve)), called.nextCall()];
    const calling = caller.call(bob.number);
    expect(await rings).toMatchObject({ from: "alice" });
    const [mine, theirs] = [await calling, await picksUp];
    mine.sendTone(tones.alice);
    theirs.sendTone(tones.bob);
    await Promise.all([mine.hears(tones.bob), theirs.hears(tones.alice)]);
    expect([mine.heard().tones(all), theirs.heard().tones(all)]).toEqual([[tones.bob], [tones.alice]]);
    await theirs.hangup();
    expect(await mine.ended).toMatchObject({ who: "peer" });
    expect(await recordTo(bob.number)).toMatchObject({ cause: "completed", legs: [{ leg: "a" }, { leg: "b" }] });
    await switchedOff();
  });

  it("a number that records and bridges is recorded on the left, and what it hears on the right", async () => {
    const [caller, called] = [await phone(alice, { register: false }), await phone(bob)];
    await called.registered;
    const picksUp = called.nextCall();
    const mine = await caller.call(numbers.both);
    const theirs = await picksUp;
    mine.sendTone(tones.alice);
    theirs.sendTone(tones.bob);
    await Promise.all([mine.hears(tones.bob), theirs.hears(tones.alice)]);
    await mine.hangup();
    const [said, heard] = await world.recording(await recordTo(numbers.both));
    const only = (samples: Int16Array) => [...new Set(toneSpans(samples, all).map(({ frequencyHz }) => frequencyHz))];
    expect([only(said!), only(heard!)]).toEqual([[tones.alice], [tones.bob]]);
    await switchedOff();
  });

  it("gives up while it rings, and the other phone stops ringing", async () => {
    const [caller, called] = [await phone(alice, { register: false }), await phone(bob, { answering: { do: "ring" } })];
    await called.registered;
    const patience = new AbortController();
    called.events.on("ringing", () => patience.abort());
    await expect(caller.call(bob.number, { signal: patience.signal })).rejects.toMatchObject({ cause: { reason: "cancelled" } });
    expect(await recordTo(bob.number)).toMatchObject({ cause: "cancelled" });
    await switchedOff();
  });

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ["a number that nobody has", "918000000099", { reason: "unreachable", who: "peer", sipStatus: 404 }],
    ["a name that nobody has", "mallory", { reason: "unreachable", who: "peer", sipStatus: 404 }],
    ["a phone that is switched off", "919300000009", { reason: "unreachable", who: "peer", sipStatus: 480 }],
  ])("%s is told so", async (_, number, cause) => {
    const caller = await phone(alice, { register: false });
    await expect(caller.call(number)).rejects.toMatchObject({ cause });
    const record = await recordTo(number);
    expect(record).toMatchObject({ status: "ended", cause: "unreachable" });
    await switchedOff();
  });

  it("a busy phone is told 486", async () => {
    const [caller, called] = [await phone(alice, { register: false }), await phone(bob, { answering: { do: "busy" } })];
    await called.registered;
    await expect(caller.call(bob.number)).rejects.toMatchObject({ cause: { reason: "busy", sipStatus: 486 } });
    await switchedOff();
  });
});

describe("somebody who is nobody's", () => {
  it("is told 401 and leaves no record", async () => {
    const before: { readonly calls: readonly unknown[] } = JSON.parse(await (await world.get("/calls?limit=100")).text());
    const uri = `sip:${numbers.inline}@${host}`;
    expect(await overUdp(world.server.sip[0]!, (port) => rawRequest("INVITE", { transport: "udp", port, uri }))).toEqual([100, 401]);
    const after: { readonly calls: readonly unknown[] } = JSON.parse(await (await world.get("/calls?limit=100")).text());
    expect(after.calls.length).toBe(before.calls.length);
  });

  it.each([
    ["with a wrong password", { username: "alice", password: "guess" }],
    ["with a name that nobody has", { username: "mallory", password: "guess" }],
  ])("%s can neither register nor call", async (_, account) => {
    await expect((await phone(account)).registered).rejects.toThrow("401");
    await expect((await phone(account, { register: false })).call(numbers.inline)).rejects.toMatchObject({ cause: { reason: "rejected", sipStatus: 401 } });
    await switchedOff();
  });
});

describe("a trunk", () => {
  it("is known by its address, and may call the numbers that are configured", async () => {
    const open = await startWorld({
      config: { apps: [app], trunks: [{ name: "carrier", host, port: 9 }], numbers: [{ number: numbers.inline, pcmo: [{ action: "play", file_name: "hello.wav" }] }] },
    });
    await open.media("hello.wav", toneWav(tones.hello, 500));
    const carrier = await createPhone({ username: "14155550100", password: "", server: open.server.sip[1]!, host, clock: systemClock, ids: randomIds, register: false });
    const call = await carrier.call(numbers.inline);
    await call.ended;
    expect(heardMs(call.heard().spans(all), tones.hello)).toBeGreaterThan(100);
    await expect(carrier.call("918000000099")).rejects.toMatchObject({ cause: { sipStatus: 404 } });
    await carrier.close();
    await open.close();
  });
});
