import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomIds, systemClock, text, utf8 } from "./base/index.ts";
import { bridged, bridgeTo, encryptionOf, tones } from "./encrypted.test.support.ts";
import { app, host, startWorld, type World } from "./server-world.test.support.ts";
import { createUserAgent } from "./sip/index.ts";

// What becomes of a call whose party asks in mid-call for audio in the clear, or encrypted.

const sdes = { keys: "sdes", suite: "AES_CM_128_HMAC_SHA1_80" };
let welcome: World;
let required: World;
beforeAll(async () => {
  // The phones of these tests come over UDP on loopback.
  const media = { sdes_without_tls: true };
  [welcome, required] = await Promise.all([
    startWorld({ phones: 12, config: { media, numbers: [{ number: "15550001", app: app.appid, pcmo: [{ action: "input", action_url: "http://127.0.0.1:9/", timeout: 9 }] }] } }),
    startWorld({ phones: 4, config: { media: { ...media, encryption: "required" } } }),
  ]);
});
afterAll(() => Promise.all([welcome.close(), required.close()]));

/** What the timeline says of changes, in their order. */
const changesOf = async (world: World, id: string) =>
  (await world.ended(id)).timeline.flatMap(({ type, data }) => (type === "leg.encryption" ? [`${String(data?.["before"])} to ${String(data?.["now"])}`] : []));

describe("where encryption is welcome", () => {
  it.each(["sdes", "dtls"] as const)("a party that asks for audio in the clear gets it, and keys again when it asks for them (%s)", async (keys) => {
    const { id, call, other, bothHear } = await bridged(welcome, { encryption: "optional", keying: keys }, { encryption: "required" });
    if (keys === "dtls") expect(await call.encrypt("dtls")).toBe(true);
    await bothHear();
    expect(await call.encrypt("none")).toBe(true);
    await bothHear();
    expect(await call.encrypt(keys)).toBe(true);
    await bothHear();
    await call.hangup();
    await other.ended;
    expect(await changesOf(welcome, id)).toEqual([...(keys === "dtls" ? ["sdes to dtls"] : []), `${keys} to none`, `none to ${keys}`]);
    // The other leg is what it was; of this one some was in the clear.
    expect(await encryptionOf(welcome, id)).toEqual([null, sdes]);
  });

  it("a phone without encryption that takes the place of one with it is heard, and the timeline says what changed", async () => {
    const { id, call, other } = await bridged(welcome, { encryption: "required" }, { encryption: "required" });
    const carol = await welcome.phone({ encryption: "off" });
    const picksUp = carol.nextCall();
    const [status, third] = await Promise.all([other.transfer(carol.username), picksUp]);
    expect(status).toBe(200);
    third.sendTone(900);
    await Promise.all([call.hears(900), third.hears(tones.alice)]);
    await call.hangup();
    await third.ended;
    expect(await changesOf(welcome, id)).toEqual(["sdes to none"]);
    // Both who were in that place are told of by what came of the place.
    expect(await encryptionOf(welcome, id)).toEqual([sdes, null, null]);
  });
});

describe("where encryption is required", () => {
  it("a party that asks for audio in the clear is refused, and the call goes on encrypted", async () => {
    const alice = await required.phone({ encryption: "optional" });
    const bob = await required.phone({ encryption: "optional" });
    const [ringing, picksUp] = [alice.nextCall(), bob.nextCall()];
    const id = await required.call(alice.username, [bridgeTo(bob.username)]);
    const [call, other] = [await ringing, await picksUp];
    call.sendTone(tones.alice);
    other.sendTone(tones.bob);
    expect(await call.encrypt("none")).toBe(false);
    await Promise.all([call.hears(tones.bob), other.hears(tones.alice)]);
    await call.hangup();
    await other.ended;
    expect(await changesOf(required, id)).toEqual([]);
    expect(await encryptionOf(required, id)).toEqual([sdes, sdes]);
  });
});

it("a party that leaves the offer to us in mid-call is offered no less than there is", async () => {
  const agent = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport: "udp", host, port: 0 }] });
  const username = welcome.unregistered();
  const nextHop = welcome.server.sip.find(({ transport }) => transport === "udp") ?? expect.fail("no UDP");
  const offer = `v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 9 RTP/SAVP 0\r\na=crypto:1 ${sdes.suite} inline:${"A".repeat(40)}\r\n`;
  const invite = agent.invite({
    target: `sip:15550001@${host}`, from: `sip:${username}@${host}`, nextHop, body: { type: "application/sdp", bytes: utf8(offer) },
    credentials: { username, password: welcome.config.phones.find((phone) => phone.username === username)?.password ?? expect.fail("no such phone") },
  });
  const outcome = await invite.outcome;
  const { dialog, response } = outcome.kind === "accepted" ? outcome : expect.fail("not accepted");
  const { body } = await dialog.request("INVITE");
  const described = (bytes: Uint8Array) => [/^m=audio \d+ (\S+)/m, /^a=crypto:1 (\S+ inline:\S+)/m].map((line) => line.exec(text(bytes))?.[1]);
  expect(described(body)).toEqual(["RTP/SAVP", expect.stringContaining(sdes.suite)]);
  expect(described(body)).toEqual(described(response.body));
  await dialog.bye();
  await agent.close();
});
