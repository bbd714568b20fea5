import { describe, expect, it } from "vitest";
import { randomIds, utf8 } from "../base/index.ts";
import { createIdentity, fingerprintOf } from "../dtls/index.ts";
import { acceptAnswer, answerOffer, createOffer, parseSdp, type LocalMedia } from "../sdp/index.ts";
import type { CallSource } from "./call-source.ts";
import { answering, offering, type Encryption, type EncryptionPolicy, type KeyingMethod } from "./encryption.ts";
import { offerOf, settleOffer, type Offer } from "./offer-answer.ts";

const local: LocalMedia = { host: "127.0.0.1", port: 4000, codecs: ["PCMU"], telephoneEvent: false, direction: "sendrecv", sessionId: 1, sessionVersion: 1 };
const encryption = (policy: EncryptionPolicy, keysInClear = false): Encryption => ({ policyOf: () => policy, keysInClear });
const protocols = (all: readonly LocalMedia[]) => all.map(({ secured = "RTP/AVP" }) => secured);
const phone = { type: "phone", username: "alice" } as const;

describe("what is offered", () => {
  it.each([
    ["off", "tls", false, ["RTP/AVP"]],
    ["optional", "tls", false, ["RTP/SAVP", "RTP/AVP"]],
    ["optional", "wss", false, ["RTP/SAVP", "RTP/AVP"]],
    ["optional", "udp", false, ["RTP/AVP"]],
    ["optional", "ws", false, ["RTP/AVP"]],
    ["optional", "udp", true, ["RTP/SAVP", "RTP/AVP"]],
    ["required", "tls", false, ["RTP/SAVP"]],
    ["required", "tcp", false, []],
    ["required", "tcp", true, ["RTP/SAVP"]],
  ] as const)("%s over %s (keys may be read: %s)", (policy, transport, keysInClear, expected) => {
    expect(protocols(offering(local, encryption(policy, keysInClear), { peer: phone, transport }))).toEqual(expected);
  });

  it("is asked of each peer by its own rule", () => {
    const trunks: Encryption = { policyOf: (peer) => (peer?.type === "trunk" && peer.name === "safe" ? "required" : "off"), keysInClear: false };
    const trunk = (name: string) => protocols(offering(local, trunks, { peer: { type: "trunk", name }, transport: "tls" }));
    expect([trunk("safe"), trunk("other")]).toEqual([["RTP/SAVP"], ["RTP/AVP"]]);
  });
});

it("the keys of both sides are told, and those that both use", () => {
  const read = (bytes: Uint8Array) => {
    const parsed = parseSdp(bytes);
    return parsed.ok ? parsed.session : expect.fail(parsed.why);
  };
  const [ours] = offering(local, encryption("required"), { peer: phone, transport: "tls" });
  const answered = answerOffer(read(createOffer(ours!)), answering(local, encryption("required"), { peer: phone, transport: "tls" }));
  if (!answered.ok) throw new Error(answered.why);
  const accepted = acceptAnswer(ours!, read(answered.answer));
  const [theirs, mine] = [answered.negotiated.security, accepted.ok ? accepted.negotiated.security : undefined];
  expect([theirs?.send.length, theirs?.receive.length]).toEqual([30, 30]);
  expect(mine).toMatchObject({ send: Uint8Array.from(theirs!.receive), receive: Uint8Array.from(theirs!.send) });
  expect(theirs!.send).not.toEqual(theirs!.receive);
});

describe("a handshake", () => {
  const identity = createIdentity(randomIds);
  const able = (policy: EncryptionPolicy, keying: KeyingMethod, keysInClear = false): Encryption => ({ ...encryption(policy, keysInClear), keyingOf: () => keying, identity });
  const DTLS = "UDP/TLS/RTP/SAVP";

  it.each([
    ["off", "dtls", "tls", ["RTP/AVP"]],
    ["optional", "dtls", "tls", [DTLS, "RTP/AVP"]],
    // What it tells may be read by everybody.
    ["optional", "dtls", "udp", [DTLS, "RTP/AVP"]],
    ["required", "dtls", "udp", [DTLS]],
    ["required", "sdes", "udp", []],
    ["required", "sdes", "tls", ["RTP/SAVP"]],
  ] as const)("%s, by %s over %s", (policy, keying, transport, expected) => {
    expect(protocols(offering(local, able(policy, keying), { peer: phone, transport }))).toEqual(expected);
  });

  it("is asked of a trunk by its own rule, and of nobody without a certificate", () => {
    const trunks: Encryption = { ...able("optional", "sdes"), keyingOf: (peer) => (peer?.type === "trunk" ? "dtls" : "sdes") };
    const asked = (peer: CallSource) => protocols(offering(local, trunks, { peer, transport: "tls" }));
    expect([asked({ type: "trunk", name: "carrier" }), asked(phone)]).toEqual([[DTLS, "RTP/AVP"], ["RTP/SAVP", "RTP/AVP"]]);
    const { identity: _, ...without } = able("optional", "dtls");
    expect(protocols(offering(local, without, { peer: phone, transport: "udp" }))).toEqual(["RTP/AVP"]);
  });

  it.each([
    ["off", undefined],
    ["optional", { fingerprint: fingerprintOf(identity.certificate), peerHost: "192.0.2.7" }],
    ["required", { fingerprint: fingerprintOf(identity.certificate), peerHost: "192.0.2.7" }],
  ] as const)("is answered, whatever is asked for, unless encryption is %s", (policy, expected) => {
    expect(answering(local, able(policy, "sdes"), { peer: phone, transport: "udp", host: "192.0.2.7" }).security?.dtls).toEqual(expected);
  });
});

describe("keys", () => {
  const keysOf = (media: LocalMedia | undefined) => media?.security?.keys.map(({ keyAndSalt }) => Buffer.from(keyAndSalt).toString("hex")) ?? [];

  it("are others in each offer and for each suite", () => {
    const offers = [1, 2, 3].flatMap(() => offering(local, encryption("optional"), { peer: phone, transport: "tls" }));
    const all = offers.flatMap(keysOf);
    expect(all.length).toBe(24);
    expect(new Set(all).size).toBe(24);
  });

  it("there are none to answer with, where they have to be safe and are not", () => {
    const by = { peer: phone, transport: "udp" } as const;
    expect(answering(local, encryption("required"), by).security).toMatchObject({ required: true, keys: [] });
    expect(keysOf(answering(local, encryption("optional"), by))).toHaveLength(4);
    expect(answering(local, encryption("off"), by).security).toBeUndefined();
  });
});

describe("the answers of several phones to one offer", () => {
  const answerWith = (offer: Offer, fill: number) => {
    const key = Buffer.alloc(30, fill).toString("base64");
    const body = utf8(`v=0\r\no=- 1 1 IN IP4 192.0.2.${fill}\r\ns=-\r\nc=IN IP4 192.0.2.${fill}\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}\r\n`);
    return settleOffer(offer, { type: "response", status: 183, reason: "", headers: [["Content-Type", "application/sdp"]], body });
  };

  it("have each its own key, and ours is the same", () => {
    const [media] = offering(local, encryption("required"), { peer: phone, transport: "tls" });
    const offer = offerOf(media ?? expect.fail("no offer"));
    const [one, other] = [1, 2].map((fill) => answerWith(offer, fill)?.negotiated.security);
    expect(one?.receive).toEqual(new Uint8Array(30).fill(1));
    expect(other?.receive).toEqual(new Uint8Array(30).fill(2));
    expect(one?.send).toEqual(other?.send);
    expect(one?.send).toEqual(media?.security?.keys[0]?.keyAndSalt);
  });
});
