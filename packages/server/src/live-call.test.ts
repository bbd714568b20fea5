import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dominantTone, g711, tonesPresent } from "./audio/index.ts";
import { channels, concatSamples, randomIds, systemClock, text, utf8 } from "./base/index.ts";
import type { PhoneCall } from "./phone/index.ts";
import { app, callerId, host, startReceiver, startWorld, toneWav, until, type CallRecord, type Receiver, type World } from "./server-world.test.support.ts";
import { createUserAgent } from "./sip/index.ts";

// What is done to calls that are up, heard by real phones.

const tones = { music: 620, next: 1000, after: 1300, prompt: 1500, alice: 440, bob: 880, early: 700 } as const;
const all: readonly number[] = Object.values(tones);
const play = (file: string) => ({ action: "play", file_name: file });
const bridgeTo = (numbers: readonly string[], more: object = {}) =>
  ({ action: "bridge", connect: numbers.map((number) => ({ type: "pstn", number })), timeout: 10, ...more });

let world: World;
let hooks: Receiver;
let data: string;
beforeAll(async () => {
  hooks = await startReceiver(() => ({ body: JSON.stringify([play("next.wav")]) }));
  data = await mkdtemp(join(tmpdir(), "piopiy-test-"));
  await mkdir(join(data, "media"));
  await writeFile(join(data, "media", "music.wav"), toneWav(tones.music, 1000));
  world = await startWorld({ phones: 40, data, config: { media: { host, ports: [0, 0], hold_music: "music.wav" } } });
  await Promise.all([
    world.media("next.wav", toneWav(tones.next, 400)),
    world.media("after.wav", toneWav(tones.after, 400)),
    world.media("prompt.wav", toneWav(tones.prompt, 1500)),
  ]);
});
afterAll(async () => {
  await world.close();
  await hooks.close();
  await rm(data, { recursive: true, force: true });
});

const basic = { authorization: `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}` };
const ask = (path: string, body: unknown) => world.post(path, JSON.stringify(body), basic);
const types = (record: CallRecord) => record.timeline.map(({ type }) => type);
const legB = (record: CallRecord) => record.legs.find(({ leg }) => leg === "b")!;
const action = (record: CallRecord, name: string) => record.timeline.find(({ type, data }) => type === "action.finished" && data?.["action"] === name)?.data;

async function answered(pcmo: readonly unknown[], fields: Readonly<Record<string, unknown>> = {}) {
  const phone = await world.phone();
  const ringing = phone.nextCall();
  const id = await world.call(phone.username, pcmo, fields);
  return { id, phone, call: await ringing };
}

/** Two phones in a bridge, each saying its tone; then what comes after the bridge. */
async function bridged(more: object = {}) {
  const second = await world.phone();
  const picksUp = second.nextCall();
  const { id, call } = await answered([bridgeTo([second.username], more), play("after.wav")]);
  const other = await picksUp;
  call.sendTone(tones.alice);
  other.sendTone(tones.bob);
  await Promise.all([call.hears(tones.bob), other.hears(tones.alice)]);
  return { id, call, other, second };
}

/** Resolves when nothing is heard for 300 ms. */
async function hearsNothing(call: PhoneCall): Promise<void> {
  await until("silence", () => {
    const { samples } = call.heard();
    const last = samples.subarray(-2400);
    return last.length === 2400 && tonesPresent(last, all).length === 0 ? true : undefined;
  });
}

describe.concurrent("a call in a bridge", () => {
  it("on hold hears the music and is not heard; both talk again afterwards", async () => {
    const { id, call, other } = await bridged();
    expect((await world.act(id, "hold")).status).toBe(200);
    await Promise.all([call.hears(tones.music, 1500), hearsNothing(other)]);
    expect((await world.act(id, "holdToggle")).status).toBe(200);
    await Promise.all([call.hears(tones.bob), other.hears(tones.alice)]);
    await other.hangup();
    await call.ended;
    expect(types(await world.ended(id)).filter((type) => /held|resumed/.test(type))).toEqual(["leg.held", "leg.resumed"]);
  });

  it("whose leg b is on hold: that one hears the music", async () => {
    const { id, call, other } = await bridged();
    await world.act(legB(await world.record(id)).cmiuuid, "hold");
    await Promise.all([other.hears(tones.music), hearsNothing(call)]);
    await call.hangup();
    expect(await other.ended).toMatchObject({ reason: "completed" });
  });

  it("whose phone holds it lets the other one hear the music", async () => {
    const { call, other } = await bridged();
    expect(await call.hold(true)).toBe(true);
    await other.hears(tones.music, 1500);
    expect(await call.hold(false)).toBe(true);
    await Promise.all([other.hears(tones.alice), call.hears(tones.bob)]);
    await call.hangup();
    await other.ended;
  });

  it("that is muted is not heard, and hears", async () => {
    const { id, call, other } = await bridged();
    expect(await ask(`/calls/${id}/mute`, { leg: "b" })).toMatchObject({ status: 200 });
    await hearsNothing(call);
    await other.hears(tones.alice);
    await ask(`/calls/${id}/mute`, { leg: "b", on: false });
    await call.hears(tones.bob);
    await call.hangup();
  });

  it("gets keys, leg by leg", async () => {
    const { id, call, other } = await bridged();
    await ask(`/calls/${id}/dtmf`, { digits: "12#" });
    await ask(`/calls/${id}/dtmf`, { leg: "b", digits: "9" });
    await until("the keys", () => (call.digits.length >= 3 && other.digits.length >= 1 ? true : undefined));
    expect([call.digits, other.digits]).toEqual(["12#", "9"]);
    await call.hangup();
    const sent = (await world.ended(id)).timeline.filter(({ type }) => type === "digits.sent");
    expect(sent.map(({ data }) => data?.["digits"])).toEqual(["12#", "9"]);
  });

  it("hands on the keys that each party presses", async () => {
    const { call, other } = await bridged();
    await Promise.all([call.press("12#"), other.press("9")]);
    await until("the keys", () => (other.digits.length >= 3 && call.digits.length >= 1 ? true : undefined));
    expect([other.digits, call.digits]).toEqual(["12#", "9"]);
    await call.hangup();
  });

  it("is transferred to a flow: the other party is hung up", async () => {
    const { id, call, other } = await bridged();
    const moved = await world.post("/v1/call/action", JSON.stringify({ ...app, cmiuuid: id, action: "transfer", transfer_url: `${hooks.url}/next` }));
    expect(moved.status).toBe(200);
    expect(await other.ended).toMatchObject({ reason: "completed", who: "peer" });
    await call.hears(tones.next);
    expect(await call.ended).toMatchObject({ reason: "completed" });
    const record = await world.ended(id);
    expect(hooks.received.find(({ body }) => body["cmiuuid"] === record.legs[0]!.cmiuuid)?.body).toMatchObject({ from: callerId, time: expect.any(Number) });
    expect(types(record)).toContain("flow.replaced");
  });

  it("loses leg b to a flow of its own, and leg a goes on", async () => {
    const { id, call, other } = await bridged();
    expect(await ask(`/calls/${id}/flow`, { leg: "b", pcmo: [play("next.wav")] })).toMatchObject({ status: 200 });
    await Promise.all([other.hears(tones.next), call.hears(tones.after)]);
    await Promise.all([other.ended, call.ended]);
    const record = await world.ended(id);
    expect(action(record, "bridge")).toMatchObject({ ended: "other_leg_taken" });
    expect(record.legs.map(({ status, cause }) => [status, cause])).toEqual([["ended", "completed"], ["ended", "completed"]]);
  });
});

describe.concurrent("a prompt", () => {
  it("waits while the call is on hold, and is then heard to its end", async () => {
    const { id, call } = await answered([play("prompt.wav")]);
    await call.hears(tones.prompt);
    await world.act(id, "hold");
    await call.hears(tones.music, 1500);
    await world.act(id, "unhold");
    await call.ended;
    const spans = call.heard().spans(all);
    expect([...new Set(spans.map(({ frequencyHz }) => frequencyHz))]).toEqual([tones.prompt, tones.music]);
    expect(action(await world.ended(id), "play")).toMatchObject({ complete: true, heardMs: 1500 });
  });

  it("gives way to another flow", async () => {
    const { id, call } = await answered([play("prompt.wav"), play("after.wav")]);
    await call.hears(tones.prompt);
    expect(await ask(`/calls/${id}/flow`, [play("next.wav")])).toMatchObject({ status: 200 });
    await call.ended;
    const spans = call.heard().spans(all).map(({ frequencyHz }) => frequencyHz);
    expect([...new Set(spans)]).toEqual([tones.prompt, tones.next]);
    expect((await ask(`/calls/${id}/flow`, [play("next.wav")])).status).toBe(404);
  });
});

describe.concurrent("whoever is called", () => {
  it("is heard before the answer, in place of ringback", async () => {
    const second = await world.phone({ answering: { do: "answer", afterMs: 1500, earlyHz: tones.early } });
    const picksUp = second.nextCall();
    const { id, call } = await answered([bridgeTo([second.username])]);
    await call.hears(tones.early, 400);
    const other = await picksUp;
    other.sendTone(tones.bob);
    await call.hears(tones.bob);
    await call.hangup();
    await other.ended;
    expect(types(await world.ended(id))).toContain("leg.early_media");
  });

  it("is heard before the answer by a caller whom nobody has answered, too", async () => {
    const second = await world.phone({ answering: { do: "answer", afterMs: 30_000, earlyHz: tones.early } });
    const { username, password } = world.config.phones[0]!;
    const agent = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport: "udp", host, port: 0 }] });
    const socket = createSocket("udp4");
    socket.bind(0, host);
    await once(socket, "listening");
    const packets: Uint8Array[] = [];
    socket.on("message", (bytes) => void packets.push(bytes.subarray(12)));
    const sdp = `v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio ${socket.address().port} RTP/AVP 0\r\n`;
    const nextHop = world.server.sip.find(({ transport }) => transport === "udp")!;
    const invite = agent.invite({
      target: `sip:${second.username}@${host}:${nextHop.port}`, from: `sip:${username}@${host}`, nextHop, credentials: { username, password },
      body: { type: "application/sdp", bytes: utf8(sdp) },
    });
    const progress: number[] = [];
    invite.events.on("provisional", ({ status, body }) => void progress.push(body.length > 0 ? status : -status));
    await until("the tone", () => {
      const samples = concatSamples(packets.slice(-20).map((payload) => g711.PCMU.decode(payload)));
      return samples.length >= 3200 && dominantTone(samples, all) === tones.early ? true : undefined;
    });
    // The first 100 is that of the challenge.
    expect(progress).toEqual([-100, -100, 183]);
    invite.cancel();
    expect(await invite.outcome).toMatchObject({ kind: "failed", why: "cancelled" });
    socket.close();
    await agent.close();
  });

  it("as one of a group is told that another one has answered", async () => {
    const cancels: string[] = [];
    const watch = (published: unknown) => {
      const { direction, message }: { direction?: string; message?: Uint8Array } = Object(published);
      const written = message ? text(message) : "";
      if (direction === "out" && written.startsWith("CANCEL")) cancels.push(written);
    };
    const first = await world.phone({ answering: { do: "ring" } });
    const second = await world.phone();
    const rings = new Promise((resolve) => first.events.on("ringing", resolve));
    channels.sipMessage.subscribe(watch);
    // The second one is told to answer when the first one rings.
    second.answering = { do: "answer", afterMs: 300 };
    const picksUp = second.nextCall();
    const { id, call } = await answered([bridgeTo([first.username, second.username], { ring_type: "group" })]);
    await rings;
    const other = await picksUp;
    const to = new RegExp(`^CANCEL sip:${first.username}@`);
    const cancel = await until("the CANCEL", () => cancels.find((one) => to.test(one)));
    channels.sipMessage.unsubscribe(watch);
    expect(cancel).toContain('Reason: SIP;cause=200;text="Call completed elsewhere"');
    await call.hangup();
    await other.ended;
    const record = await world.ended(id);
    expect(new Set(record.legs.filter(({ leg }) => leg === "b").map(({ cause }) => cause))).toEqual(new Set(["cancelled", "completed"]));
  });
});
