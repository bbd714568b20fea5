import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audible, tonesPresent, type AudioCodec } from "./audio/index.ts";
import { channels, text } from "./base/index.ts";
import type { Phone } from "./phone/index.ts";
import { startReceiver, startWorld, until, type World } from "./server-world.test.support.ts";

const tones = { alice: 500, bob: 1300 } as const;
const all = Object.values(tones);
let world: World;
beforeAll(async () => {
  // On several threads: a library that works on one may not on another.
  world = await startWorld({ phones: 20, workers: 2 });
});
afterAll(() => world.close());

const bridgeTo = (number: string) => ({ action: "bridge", connect: [{ type: "pstn", number }], timeout: 10 });

/** The formats that a phone answers with. */
function formatsOf({ address }: Phone) {
  // A 200 may come more than once.
  const formats = new Set<string>();
  const watch = (published: unknown) => {
    const { direction, message }: { direction?: string; message?: Uint8Array } = Object(published);
    const written = message ? text(message) : "";
    const found = /^m=audio \d+ RTP\/AVP ([\d ]+)\r$/m.exec(written)?.[1];
    if (direction === "in" && found !== undefined && written.startsWith("SIP/2.0 200") && written.includes(`:${address.port}`)) formats.add(found);
  };
  channels.sipMessage.subscribe(watch);
  return { formats, stop: () => channels.sipMessage.unsubscribe(watch) };
}

/** A phone that only speaks one codec in a bridge with one that only knows another, each saying its tone. */
async function bridged(one: AudioCodec, another: AudioCodec) {
  const [first, second] = [await world.phone({ codecs: [one] }), await world.phone({ codecs: [another] })];
  const watched = [formatsOf(first), formatsOf(second)] as const;
  const [ringing, picksUp] = [first.nextCall(), second.nextCall()];
  const id = await world.call(first.username, [{ action: "record", channels: "stereo" }, bridgeTo(second.username)]);
  const [call, other] = [await ringing, await picksUp];
  call.sendTone(tones.alice);
  other.sendTone(tones.bob);
  await Promise.all([call.hears(tones.bob), other.hears(tones.alice)]);
  for (const { stop } of watched) stop();
  return { id, call, other, formats: watched.map(({ formats }) => Array.from(formats)) };
}

describe.concurrent("a call between codecs", () => {
  const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const;
  it.each([["G722", "PCMU"], ["G722", "PCMA"], ["opus", "PCMU"], ["PCMA", "opus"], ["opus", "G722"], ["opus", "opus"]] as const)("%s and %s: both hear each other, and the recording has both", async (one, another) => {
    const { id, call, other, formats } = await bridged(one, another);
    await Promise.all([call.hears(tones.bob, 1000), other.hears(tones.alice, 1000)]);
    await call.hangup();
    await other.ended;
    const [heard, said] = await world.recording(await world.ended(id));
    const atTheEnd = (samples: Int16Array) => tonesPresent(samples.subarray(-8000), all);
    expect([heard, said].map((samples) => atTheEnd(samples ?? new Int16Array(0)))).toEqual([[tones.alice], [tones.bob]]);
    expect(formats).toEqual([one, another].map((codec) => [expect.stringMatching(new RegExp(`^${payloadTypes[codec]} `))]));
  });

  it.each(["G722", "opus"] as const)("lets the other side hear the music while the %s phone holds it, and talks again afterwards", async (codec) => {
    const { call, other } = await bridged(codec, "PCMU");
    expect(await call.hold(true)).toBe(true);
    await until("the music", () => {
      const last = other.heard().samples.subarray(-2400);
      return audible(last) && tonesPresent(last, all).length === 0 ? true : undefined;
    });
    expect(await call.hold(false)).toBe(true);
    await Promise.all([other.hears(tones.alice), call.hears(tones.bob)]);
    await call.hangup();
    await other.ended;
  });

  it("goes on when a phone changes its codec, to and fro, and the clock of its stream with it", async () => {
    const { call, other } = await bridged("G722", "PCMU");
    for (const codecs of [["PCMA"], ["opus"], ["G722", "PCMU"], ["opus"], ["G722"]] as const) {
      expect(await call.speak(codecs)).toBe(true);
      await Promise.all([call.hears(tones.bob, 400), other.hears(tones.alice, 400)]);
    }
    await call.hangup();
    await other.ended;
  });
});

it.each(["G722", "opus"] as const)("the keys of a phone that speaks %s are digits", async (codec) => {
  const hooks = await startReceiver(() => ({ body: "" }));
  const phone = await world.phone({ codecs: [codec] });
  const ringing = phone.nextCall();
  const id = await world.call(phone.username, [{ action: "input", action_url: hooks.url, max_digit: 4, timeout: 20 }, { action: "hangup" }]);
  const call = await ringing;
  await until("the action", async () => (await world.record(id)).timeline.find(({ type }) => type === "action.started"));
  await call.press("1942");
  expect((await hooks.next()).body).toMatchObject({ dtmf: "1942" });
  await world.ended(id);
  await hooks.close();
});
