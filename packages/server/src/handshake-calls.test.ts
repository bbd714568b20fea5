import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { badEngine } from "./bad-line.test.support.ts";
import { channels, randomIds, seededIds, systemClock, text } from "./base/index.ts";
import { createSipDialler } from "./call/index.ts";
import { createIdentity, type DtlsIdentity } from "./dtls/index.ts";
import { createMediaEngine } from "./media/index.ts";
import { bridged, encryptionOf, hearsNothing, recordedTones, tones } from "./encrypted.test.support.ts";
import { startWorld, until, type World } from "./server-world.test.support.ts";
import { createUserAgent } from "./sip/index.ts";

// Calls whose keys are agreed on by DTLS where their media goes: nothing of them is told by SIP.

const dtls = { keys: "dtls", suite: "AES_CM_128_HMAC_SHA1_80" };
const byDtls = { encryption: "required", keying: "dtls" } as const;
let world: World;
let offering: World;
const seen: string[] = [];
const failures: object[] = [];
const watch = (published: unknown) => {
  const { message }: { message?: Uint8Array } = Object(published);
  if (message) seen.push(text(message));
};
const watchFailures = (published: unknown) => failures.push(Object(published));
beforeAll(async () => {
  channels.sipMessage.subscribe(watch);
  channels.mediaHandshake.subscribe(watchFailures);
  const media = { folder: undefined };
  [world, offering] = await Promise.all([startWorld({ phones: 16, config: { media } }), startWorld({ phones: 8, config: { media: { ...media, keying: "dtls", encryption: "required" } } })]);
});
afterAll(async () => {
  channels.sipMessage.unsubscribe(watch);
  channels.mediaHandshake.unsubscribe(watchFailures);
  await Promise.all([world.close(), offering.close()]);
});

describe("a bridge", () => {
  it("of two that are asked for a handshake: both hear each other, and the recording has both", async () => {
    const { id, call, other } = await bridged(offering, { encryption: "required" }, { encryption: "optional" });
    await call.hangup();
    await other.ended;
    expect(await recordedTones(offering, id)).toEqual([[tones.alice], [tones.bob]]);
    expect(await encryptionOf(offering, id)).toEqual([dtls, dtls]);
  });

  it("goes on through hold, its end, and another codec, by the same association", async () => {
    const { id, call, other, bothHear } = await bridged(offering, byDtls, byDtls);
    const before = seen.length;
    expect(await call.hold(true)).toBe(true);
    await hearsNothing(other);
    expect(await call.hold(false)).toBe(true);
    await bothHear();
    expect(await other.speak(["PCMA"])).toBe(true);
    await bothHear();
    // Who was the client stays it: nobody begins anew.
    const answers = seen.slice(before).filter((message) => message.startsWith("SIP/2.0 200") && message.includes("a=fingerprint"));
    expect(answers.length).toBeGreaterThan(2);
    expect(answers.every((message) => /a=setup:(active|passive)/.test(message))).toBe(true);
    await call.hangup();
    await other.ended;
    expect(await encryptionOf(offering, id)).toEqual([dtls, dtls]);
  });
});

describe("a call from a phone", () => {
  it("that offers a handshake is answered with one, and goes on to a phone in the clear; keys are pressed through", async () => {
    const alice = await world.phone(byDtls);
    const bob = await world.phone({ answering: { do: "answer", afterMs: 600, earlyHz: 900 } });
    const picksUp = bob.nextCall();
    const dialled = alice.call(bob.username);
    const [call, other] = [await dialled, await picksUp];
    other.sendTone(tones.bob);
    call.sendTone(tones.alice);
    await Promise.all([call.hears(tones.bob), other.hears(tones.alice)]);
    await call.press("42");
    await until("the keys", () => (other.digits === "42" ? true : undefined));
    await call.hangup();
  });

  it("makes its handshake while the phone rings, by the 183", async () => {
    const bob = await world.phone({ encryption: "optional", answering: { do: "answer", afterMs: 800, earlyHz: 900 } });
    const alice = await world.phone(byDtls);
    const before = seen.length;
    const call = await alice.call(bob.username);
    const described = seen.slice(before).filter((message) => /^SIP\/2.0 (183|200)/.test(message) && message.includes("a=setup:active")).map((message) => message.split("\r\n\r\n")[1]);
    expect(described.length).toBeGreaterThan(1);
    expect(new Set(described).size).toBe(1);
    await call.hangup();
  });

  it("tells no key by SIP", () => {
    const offers = seen.filter((message) => message.includes("UDP/TLS/RTP/SAVP"));
    expect(offers.length).toBeGreaterThan(4);
    expect(offers.filter((message) => message.includes("a=crypto"))).toEqual([]);
  });
});

it("a handshake gets through a line that loses a tenth of it", async () => {
  const faults = { loss: 0.1, duplicates: 0.1, spreadMs: 40 };
  const engine = badEngine(await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0 }), systemClock, seededIds(11), faults);
  const [alice, bob] = [await world.phone({ ...byDtls, engine }), await world.phone()];
  const picksUp = bob.nextCall();
  const call = await alice.call(bob.username);
  const other = await picksUp;
  other.sendTone(tones.bob);
  call.sendTone(tones.alice);
  await Promise.all([call.hears(tones.bob, 60), other.hears(tones.alice, 60)]);
  expect(engine.shapers.some(({ counts }) => counts.lost > 0)).toBe(true);
  await call.hangup();
  await engine.close();
});

describe("a caller whose handshake is not that of its fingerprint", () => {
  const own = createIdentity(randomIds);

  /** Calls the server as one of its phones, with a certificate of somebody's choice. */
  async function callsAs(identity: DtlsIdentity) {
    const unused = world.unregistered();
    const account = world.config.phones.find(({ username }) => username === unused) ?? expect.fail("no phone is left");
    const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0 });
    const userAgent = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport: "udp", host: "127.0.0.1", port: 0 }] });
    const server = world.server.sip.find(({ transport }) => transport === "udp") ?? expect.fail("no UDP");
    const callee = await world.phone();
    const destination = {
      uri: `sip:${callee.username}@${server.host}:${server.port}`, fromHost: server.host, nextHop: server,
      credentials: { username: account.username, password: account.password },
    };
    const dialler = createSipDialler({
      userAgent, engine, clock: systemClock, ids: randomIds, host: "127.0.0.1", routes: () => ({ found: true, destinations: [destination] }),
      encryption: { policyOf: () => "required", keysInClear: false, keyingOf: () => "dtls", identity },
    });
    const request = { target: { type: "number", number: callee.username }, from: account.username, timeoutMs: 10_000, legId: "leg" } as const;
    const outcome = await dialler.dial(request, new AbortController().signal);
    const close = async () => {
      await userAgent.close();
      await engine.close();
    };
    return { outcome, close };
  }

  it("is hung up on, and its record says why", async () => {
    failures.length = 0;
    const { outcome, close } = await callsAs({ certificate: own.certificate, privateKey: createIdentity(randomIds).privateKey });
    if (!outcome.answered) expect.fail("not answered");
    await new Promise((resolve) => outcome.leg.signal.addEventListener("abort", resolve, { once: true }));
    expect(failures).toContainEqual(expect.objectContaining({ why: "unproven" }));
    const { calls: [call] } = Object(await (await world.get("/calls")).json());
    const { legs } = await world.ended(call.call_id);
    expect(legs[0]).toMatchObject({ status: "ended", cause: "encryption_failed", ended_by: "peer" });
    expect(Object(legs[0]?.media)).toMatchObject({ encryption: null });
    await close();
  });
});
