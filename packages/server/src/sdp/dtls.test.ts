import { describe, expect, it } from "vitest";
import { text, utf8 } from "../base/index.ts";
import type { LocalDtls, SdpFingerprint } from "./dtls.ts";
import { acceptAnswer, answerOffer, createOffer } from "./offer-answer.ts";
import { parseSdp } from "./parse.ts";
import type { LocalMedia, SdpSession } from "./session.ts";

const valueOf = (octets: number, fill = "AB") => Array.from({ length: octets }, () => fill).join(":");
const ours: SdpFingerprint = { hash: "sha-256", value: valueOf(32, "01") };
const theirs: SdpFingerprint = { hash: "sha-256", value: valueOf(32) };
const [FINGERPRINT, OURS] = [`a=fingerprint:sha-256 ${theirs.value}`, `a=fingerprint:sha-256 ${ours.value}`];
const key = { suite: "AES_CM_128_HMAC_SHA1_80", keyAndSalt: new Uint8Array(30).fill(1) } as const;
const CRYPTO = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 9).toString("base64")}`;
const [TLS, TLS_FEEDBACK] = ["UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"];

const plain: LocalMedia = { host: "127.0.0.1", port: 30_000, codecs: ["PCMU"], telephoneEvent: false, direction: "sendrecv", sessionId: "77", sessionVersion: 2 };
const byHandshake = (dtls: Partial<LocalDtls>, required = false): LocalMedia => ({ ...plain, security: { keys: [key], required, dtls: { fingerprint: ours, ...dtls } } });
const able = byHandshake({});
const offering: LocalMedia = { ...able, secured: TLS };

const HEAD = ["v=0", "o=- 5 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"];
function session(lines: readonly string[], head: readonly string[] = []): SdpSession {
  const parsed = parseSdp(utf8([...HEAD, ...head, ...lines].join("\r\n")));
  return parsed.ok ? parsed.session : expect.fail(parsed.why);
}
const linesOf = (description: Uint8Array) => text(description).split("\r\n").filter((line) => /^(m=|a=(crypto|fingerprint|setup))/.test(line));

describe("what SDP says of DTLS", () => {
  const dtlsIn = (section: readonly string[], head: readonly string[] = []) => session([`m=audio 4000 ${TLS} 0`, ...section], head).media[0]?.dtls;
  it.each([
    ["in the section", [FINGERPRINT, "a=setup:active", "a=tls-id:91bbf309c0990a6bec11e38ba2933cee"], [], { fingerprints: [theirs], setup: "active", tlsId: "91bbf309c0990a6bec11e38ba2933cee" }],
    ["for the whole session", [], [FINGERPRINT, "a=setup:passive"], { fingerprints: [theirs], setup: "passive" }],
    ["for the whole session, and another one for the section", ["a=setup:active", OURS], [FINGERPRINT, "a=setup:passive"], { fingerprints: [ours], setup: "active" }],
    ["several", [`a=fingerprint:SHA-1 ${valueOf(20)}`, FINGERPRINT], [], { fingerprints: [{ hash: "sha-1", value: valueOf(20) }, theirs] }],
    ["one beside others that are of no use", [`a=fingerprint:md5 ${valueOf(16)}`, FINGERPRINT, "a=fingerprint:sha-256 xy", "a=fingerprint:"], [], { fingerprints: [theirs] }],
    ["a role that is none", [FINGERPRINT, "a=setup:actpas"], [], { fingerprints: [theirs] }],
    ["no fingerprint", ["a=setup:active"], [], undefined],
    ["more than anybody has", Array.from({ length: 50 }, () => FINGERPRINT), [], { fingerprints: Array.from({ length: 8 }, () => theirs) }],
  ])("%s", (_name, section, head, expected) => {
    expect(dtlsIn(section, head)).toEqual(expected);
  });
});

describe("an offer of the peer", () => {
  const roles: readonly (readonly [string, Partial<LocalDtls>, readonly string[], string, string])[] = [
    ["leaves it to us who begins: we do", {}, ["a=setup:actpass"], "active", "client"],
    ["leaves it to us, and its media is where its signalling is", { peerHost: "192.0.2.1" }, ["a=setup:actpass"], "active", "client"],
    ["leaves it to us, and it is behind a NAT", { peerHost: "203.0.113.7" }, ["a=setup:actpass"], "passive", "server"],
    ["leaves it to us again, when we have waited", { role: "server" }, ["a=setup:actpass"], "passive", "server"],
    ["leaves it to us again, when we have begun", { role: "client", peerHost: "203.0.113.7" }, ["a=setup:actpass"], "active", "client"],
    ["begins", {}, ["a=setup:active"], "passive", "server"],
    ["says nothing, and begins (RFC 4145 §4)", {}, [], "passive", "server"],
    ["waits, whatever was before", { role: "server" }, ["a=setup:passive"], "active", "client"],
  ];
  it.each(roles)("%s", (_name, dtls, lines, setup, role) => {
    const answered = answerOffer(session([`m=audio 4000 ${TLS_FEEDBACK} 0`, FINGERPRINT, ...lines]), byHandshake(dtls));
    if (!answered.ok) expect.fail(answered.why);
    expect(linesOf(answered.answer)).toEqual([`m=audio 30000 ${TLS_FEEDBACK} 0`, OURS, `a=setup:${setup}`]);
    expect(answered.negotiated).toMatchObject({ dtls: { role, fingerprints: [theirs] }, protocol: TLS_FEEDBACK });
    expect(answered.negotiated.security).toBeUndefined();
  });

  const chosen: readonly (readonly [string, LocalMedia, readonly string[], readonly string[]])[] = [
    ["with a fingerprint beside RTP/SAVP", able, ["m=audio 4000 RTP/SAVP 0", FINGERPRINT, "a=setup:active"], ["m=audio 30000 RTP/SAVP 0", OURS, "a=setup:passive"]],
    ["with a key and a fingerprint beside RTP/SAVP", able, ["m=audio 4000 RTP/SAVP 0", FINGERPRINT, CRYPTO], ["m=audio 30000 RTP/SAVP 0", `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 1).toString("base64")}`]],
    ["with a key where only a handshake is meant", able, [`m=audio 4000 ${TLS} 0`, FINGERPRINT, CRYPTO, "a=setup:active"], [`m=audio 30000 ${TLS} 0`, OURS, "a=setup:passive"]],
    ["of both: the encrypted one", able, ["m=audio 4000 RTP/AVP 0", `m=audio 4002 ${TLS} 0`, FINGERPRINT, "a=setup:active"], ["m=audio 0 RTP/AVP 0", `m=audio 30000 ${TLS} 0`, OURS, "a=setup:passive"]],
    ["with a fingerprint beside RTP/AVP", able, ["m=audio 4000 RTP/AVP 0", FINGERPRINT], ["m=audio 30000 RTP/AVP 0"]],
  ];
  it.each(chosen)("%s", (_name, local, lines, expected) => {
    const answered = answerOffer(session(lines), local);
    expect(answered.ok && linesOf(answered.answer)).toEqual(expected);
  });

  it.each([
    ["to who does not encrypt", plain, [FINGERPRINT], "not taken here"],
    ["to who has no certificate", { ...plain, security: { keys: [key], required: false } }, [FINGERPRINT], "not agreed on by DTLS"],
    ["without a fingerprint", able, [], "no fingerprint"],
    ["with one of MD5", able, [`a=fingerprint:md5 ${valueOf(16)}`], "no fingerprint"],
    ["without a handshake", able, [FINGERPRINT, "a=setup:holdconn"], "handshake"],
  ] as const)("is refused %s", (_name, local, lines, why) => {
    expect(answerOffer(session([`m=audio 4000 ${TLS} 0`, ...lines]), local)).toMatchObject({ ok: false, status: 488, why: expect.stringContaining(why) });
  });
});

describe("an offer of ours", () => {
  it("has our fingerprint and no key, and leaves it to the peer who begins", () => {
    expect(linesOf(createOffer(offering))).toEqual([`m=audio 30000 ${TLS} 0`, OURS, "a=setup:actpass"]);
  });

  it.each([
    ["active", "server"],
    ["passive", "client"],
  ])("is answered by who is %s: we are the %s", (setup, role) => {
    const accepted = acceptAnswer(offering, session([`m=audio 4000 ${TLS} 0`, FINGERPRINT, `a=setup:${setup}`]));
    expect(accepted).toMatchObject({ ok: true, negotiated: { dtls: { role, fingerprints: [theirs] } } });
  });

  it.each([
    ["in the clear", ["m=audio 4000 RTP/AVP 0"]],
    ["in the clear, with a fingerprint", ["m=audio 4000 RTP/AVP 0", FINGERPRINT]],
    ["with a key", ["m=audio 4000 RTP/SAVP 0", CRYPTO]],
    ["without a fingerprint", [`m=audio 4000 ${TLS} 0`, "a=setup:active"]],
    ["by who has not chosen", [`m=audio 4000 ${TLS} 0`, FINGERPRINT, "a=setup:actpass"]],
    ["by who waits for another time", [`m=audio 4000 ${TLS} 0`, FINGERPRINT, "a=setup:holdconn"]],
  ])("is not agreed on when it is answered %s", (_name, lines) => {
    expect(acceptAnswer(offering, session(lines)).ok).toBe(false);
  });
});
