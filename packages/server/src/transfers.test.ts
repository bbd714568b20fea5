import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Phone, PhoneCall } from "./phone/index.ts";
import { host, startWorld, toneWav, until, type CallRecord, type World } from "./server-world.test.support.ts";

// Phones that send their calls on, heard by the phones that are left.

const tones = { ann: 440, bob: 880, cid: 1300, dan: 1700, prompt: 600, after: 1000 } as const;
const play = (file: string) => ({ action: "play", file_name: file });

let world: World;
let shut: World;
beforeAll(async () => {
  world = await startWorld({ phones: 60, config: { trunks: [{ name: "carrier", host, port: 9, allow: ["192.0.2.1"] }] } });
  shut = await startWorld({ phones: 3, config: { sip: { host, udp: 0, tcp: 0, refer: "off" } } });
  await Promise.all([world.media("prompt.wav", toneWav(tones.prompt, 4000)), world.media("after.wav", toneWav(tones.after, 600))]);
});
afterAll(async () => {
  await Promise.all([world.close(), shut.close()]);
});

const types = ({ timeline }: CallRecord) => timeline.map(({ type }) => type);
const entry = ({ timeline }: CallRecord, wanted: string) => timeline.find(({ type }) => type === wanted)?.data;

/** One phone calls another by its number; both say their tones. */
async function talking(from: Phone, to: Phone, hearing: readonly [number, number]): Promise<readonly [PhoneCall, PhoneCall]> {
  const ringing = to.nextCall();
  const call = await from.call(to.username);
  const other = await ringing;
  call.sendTone(hearing[0]);
  other.sendTone(hearing[1]);
  await Promise.all([call.hears(hearing[1]), other.hears(hearing[0])]);
  return [call, other];
}

/** The call that this phone has begun. */
async function callOf({ leg }: PhoneCall): Promise<CallRecord | undefined> {
  const response = await world.get("/calls?limit=100");
  const { calls }: { calls: readonly CallRecord[] } = JSON.parse(await response.text());
  const found = calls.find(({ from }) => from === leg.info.from);
  return found && world.record(found.call_id);
}

const lastCall = async (call: PhoneCall): Promise<CallRecord> => world.ended((await callOf(call))?.call_id ?? "");

describe.concurrent("a phone that sends its call on", () => {
  it.each(["the caller", "the called one"])("blind, being %s: the other two talk, and it is hung up", async (who) => {
    const [ann, bob, cid] = await Promise.all([world.phone(), world.phone(), world.phone()]);
    const [one, two] = await talking(ann, bob, [tones.ann, tones.bob]);
    const [leaves, stays, tone] = who === "the caller" ? [one, two, tones.bob] : [two, one, tones.ann];
    const ringing = cid.nextCall();
    const told = leaves.transfer(cid.username);
    const third = await ringing;
    third.sendTone(tones.cid);
    expect(await told).toBe(200);
    await Promise.all([stays.hears(tones.cid), third.hears(tone)]);
    expect(await leaves.ended).toMatchObject({ reason: "completed", who: "peer" });
    await third.hangup();
    await stays.ended;
    const record = await lastCall(one);
    expect(entry(record, "transfer.requested")).toEqual({ attended: false, to: `*********${cid.username.slice(-3)}` });
    expect(entry(record, "transfer.finished")).toEqual({ transferred: true });
    expect(record.legs).toHaveLength(3);
    expect(record.legs.every(({ status }) => status === "ended")).toBe(true);
  });

  it("twice, and what the API does is done to whoever is there now", async () => {
    const [ann, bob, cid, dan] = await Promise.all([world.phone(), world.phone(), world.phone(), world.phone()]);
    const [one, two] = await talking(ann, bob, [tones.ann, tones.bob]);
    const third = cid.nextCall();
    expect(await two.transfer(cid.username)).toBe(200);
    const fourth = dan.nextCall();
    expect(await (await third).transfer(dan.username)).toBe(200);
    const last = await fourth;
    last.sendTone(tones.dan);
    await Promise.all([one.hears(tones.dan), last.hears(tones.ann)]);
    const running = await until("the call", () => callOf(one));
    const live = running.legs.filter(({ leg, status }) => leg === "b" && status !== "ended");
    expect(live.map(({ to }) => to)).toEqual([dan.username]);
    expect((await world.act(live[0]?.cmiuuid ?? "", "hangup")).status).toBe(200);
    expect(await last.ended).toMatchObject({ reason: "completed", who: "peer" });
    await one.ended;
  });

  it("to somebody who does not answer: both talk on, and it learns why", async () => {
    const [ann, bob, cid] = await Promise.all([world.phone(), world.phone(), world.phone({ answering: { do: "busy" } })]);
    const [one, two] = await talking(ann, bob, [tones.ann, tones.bob]);
    expect(await two.transfer(cid.username)).toBe(486);
    await Promise.all([one.hears(tones.bob), two.hears(tones.ann)]);
    await two.hangup();
    await one.ended;
    expect(entry(await lastCall(one), "transfer.finished")).toMatchObject({ transferred: false, reason: "busy" });
  });

  it("and hangs up before anybody has answered: the other one waits with music, and gets there", async () => {
    const [ann, bob, cid] = await Promise.all([world.phone(), world.phone(), world.phone({ answering: { do: "answer", afterMs: 700 } })]);
    const [one, two] = await talking(ann, bob, [tones.ann, tones.bob]);
    const answered = cid.nextCall();
    void two.transfer(cid.username);
    await new Promise<void>((resolve) => void cid.events.on("ringing", () => resolve()));
    await two.hangup();
    const third = await answered;
    third.sendTone(tones.cid);
    await Promise.all([one.hears(tones.cid), third.hears(tones.ann)]);
    await one.hangup();
    await third.ended;
  });

  it("and hangs up, and nobody answers: the call ends", async () => {
    const [ann, bob, cid] = await Promise.all([world.phone(), world.phone(), world.phone({ answering: { do: "ring" } })]);
    const [one, two] = await talking(ann, bob, [tones.ann, tones.bob]);
    const rings = new Promise<void>((resolve) => void cid.events.on("ringing", () => resolve()));
    void two.transfer(cid.username);
    await rings;
    await two.hangup();
    await one.hangup();
    const record = await lastCall(one);
    expect(entry(record, "transfer.finished")).toMatchObject({ transferred: false, reason: "cancelled" });
    expect(record.legs.every(({ status }) => status === "ended")).toBe(true);
  });

  it("that talks with a flow: the flow goes on with the other phone", async () => {
    const [ann, cid] = await Promise.all([world.phone(), world.phone()]);
    const answered = ann.nextCall();
    const id = await world.call(ann.username, [play("prompt.wav"), play("after.wav")]);
    const one = await answered;
    await one.hears(tones.prompt);
    const picksUp = cid.nextCall();
    expect(await one.transfer(cid.username)).toBe(200);
    const third = await picksUp;
    await third.hears(tones.prompt);
    await third.hears(tones.after, 400);
    const record = await world.ended(id);
    expect(types(record)).toContain("flow.finished");
    expect(record.legs.map(({ leg, to }) => [leg, to])).toEqual([["a", ann.username], ["b", cid.username]]);
  });

  it.each([
    ["calls both", "ann", "ann"],
    ["is called, then calls", "bob", "ann"],
    ["is called by both", "bob", "bob"],
    ["calls, then is called", "ann", "bob"],
  ])("after a consultation, when it %s: the others are joined", async (_, first, second) => {
    const [me, left, right] = await Promise.all([world.phone(), world.phone(), world.phone()]);
    const one = first === "ann" ? await talking(me, left, [tones.ann, tones.bob]) : (await talking(left, me, [tones.bob, tones.ann])).toReversed();
    expect(await one[0]?.hold(true)).toBe(true);
    const two = second === "ann" ? await talking(me, right, [tones.dan, tones.cid]) : (await talking(right, me, [tones.cid, tones.dan])).toReversed();
    const [mine, others] = [[one[0], two[0]], [one[1], two[1]]] as const;
    expect(await mine[0]?.transferTo(mine[1])).toBe(200);
    await Promise.all([others[0]?.hears(tones.cid, 600), others[1]?.hears(tones.bob, 600)]);
    await Promise.all([mine[0]?.ended, mine[1]?.ended]);
    await others[0]?.hangup();
    await others[1]?.ended;
  });
});

describe.concurrent("a transfer that is refused", () => {
  it("is, where nobody may send calls on: 603, and both talk on", async () => {
    const [ann, bob] = [await shut.phone(), await shut.phone()];
    const [one, two] = await talking(ann, bob, [tones.ann, tones.bob]);
    expect(await one.transfer(shut.unregistered())).toBe(603);
    await Promise.all([one.hears(tones.bob), two.hears(tones.ann)]);
    await one.hangup();
  });

  it.each([["a number that would leave by a trunk", "14155550123", 403], ["nobody", "nobody-here", 404], ["a phone that is not there", "", 480]])("leads to %s: %s", async (_, to, status) => {
    const [ann, bob] = [await world.phone(), await world.phone()];
    const [one, two] = await talking(ann, bob, [tones.ann, tones.bob]);
    expect(await two.transfer(to === "" ? world.unregistered() : to)).toBe(status);
    await Promise.all([one.hears(tones.bob), two.hears(tones.ann)]);
    await one.hangup();
  });
});
