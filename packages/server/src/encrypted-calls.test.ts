import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { channels, text } from "./base/index.ts";
import { bridged, bridgeTo, encryptionOf, hearsNothing, recordedTones, tones } from "./encrypted.test.support.ts";
import { startWorld, until, type World } from "./server-world.test.support.ts";

const suite = "AES_CM_128_HMAC_SHA1_80";
const sdes = { keys: "sdes", suite };
let world: World;
const seen: string[] = [];
const watch = (published: unknown) => {
  const { message }: { message?: Uint8Array } = Object(published);
  if (message) seen.push(text(message));
};
beforeAll(async () => {
  channels.sipMessage.subscribe(watch);
  // The phones of these tests come over UDP on loopback.
  world = await startWorld({ phones: 18, config: { media: { sdes_without_tls: true } } });
});
afterAll(async () => {
  channels.sipMessage.unsubscribe(watch);
  await world.close();
});

describe.concurrent("a bridge", () => {
  it.each([
    ["of two that encrypt", { encryption: "required" }, { encryption: "optional" }, [sdes, sdes]],
    ["of one that encrypts and one that does not", { encryption: "required" }, {}, [sdes, null]],
    ["of two that do not", {}, {}, [null, null]],
  ] as const)("%s: both hear each other, and the recording has both", async (_, first, second, encryption) => {
    const { id, call, other } = await bridged(world, first, second);
    await call.hangup();
    await other.ended;
    expect(await recordedTones(world, id)).toEqual([[tones.alice], [tones.bob]]);
    expect(await encryptionOf(world, id)).toEqual(encryption);
  });

  it("goes on encrypted through hold, its end, and another codec", async () => {
    const { id, call, other, bothHear } = await bridged(world, { encryption: "required" }, { encryption: "required" });
    expect(await call.hold(true)).toBe(true);
    await hearsNothing(other);
    expect(await call.hold(false)).toBe(true);
    await bothHear();
    expect(await other.speak(["PCMA"])).toBe(true);
    await bothHear();
    await call.hangup();
    await other.ended;
    expect(await encryptionOf(world, id)).toEqual([sdes, sdes]);
  });
});

it("a phone that takes the place of another brings its own keys, and the one before is not heard any more", async () => {
  const { id, call, other, bothHear } = await bridged(world, { encryption: "required" }, { encryption: "required" });
  const carol = await world.phone({ encryption: "required" });
  const picksUp = carol.nextCall();
  await bothHear();
  const [status, third] = await Promise.all([other.transfer(carol.username), picksUp]);
  expect(status).toBe(200);
  third.sendTone(900);
  await Promise.all([call.hears(900), third.hears(tones.alice)]);
  await call.hangup();
  await third.ended;
  expect(new Set((await encryptionOf(world, id)).map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(sdes)]));
});

it("of two phones of one user, one is heard before the answer and the other one answers: each with its own keys", async () => {
  const alice = await world.phone({ encryption: "required" });
  const one = await world.phone({ encryption: "required", answering: { do: "answer", afterMs: 5000, earlyHz: 900 } });
  const { username } = one;
  const other = await world.phone({ encryption: "optional", username, password: `password of ${username}`, answering: { do: "answer", afterMs: 700 } });
  const [ringing, picksUp] = [alice.nextCall(), other.nextCall()];
  const id = await world.call(alice.username, [bridgeTo(username)]);
  const call = await ringing;
  call.sendTone(tones.alice);
  await call.hears(900);
  const answered = await picksUp;
  answered.sendTone(tones.bob);
  await Promise.all([call.hears(tones.bob), answered.hears(tones.alice)]);
  await call.hangup();
  await answered.ended;
  expect(await encryptionOf(world, id)).toEqual([sdes, sdes]);
});

it("keys of a phone that encrypts are digits, early media is heard with the keys of the 183", async () => {
  const bob = await world.phone({ encryption: "required", answering: { do: "answer", afterMs: 600, earlyHz: 900 } });
  const alice = await world.phone({ encryption: "required" });
  const picksUp = bob.nextCall();
  const dialled = alice.call(bob.username);
  const [call, other] = [await dialled, await picksUp];
  other.sendTone(tones.bob);
  await call.hears(tones.bob);
  await other.press("42");
  await until("the keys", () => (call.digits === "42" ? true : undefined));
  await call.hangup();
});

it("a key is in no record and no timeline", async () => {
  const { id, call, other } = await bridged(world, { encryption: "required" }, { encryption: "required" });
  await call.hangup();
  await other.ended;
  const keys = new Set(seen.flatMap((message) => [...message.matchAll(/inline:([A-Za-z0-9+/=]+)/g)].map(([, key = ""]) => key)));
  expect(keys.size).toBeGreaterThan(8);
  const told = JSON.stringify(await world.ended(id));
  expect([...keys].filter((key) => told.includes(key))).toEqual([]);
});
