import { describe, expect, it } from "vitest";
import { text, utf8 } from "../base/index.ts";
import { cryptoSuites, type CryptoSuite, type SdpCrypto } from "./crypto.ts";
import { acceptAnswer, answerOffer, createOffer } from "./offer-answer.ts";
import { parseSdp } from "./parse.ts";
import type { LocalMedia, SdpSession } from "./session.ts";

const keyOf = (suite: CryptoSuite, fill: number) => ({ suite, keyAndSalt: new Uint8Array(cryptoSuites[suite]).fill(fill) });
const inline = (suite: CryptoSuite, fill: number) => Buffer.from(keyOf(suite, fill).keyAndSalt).toString("base64");
const [C80, C32, GCM] = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"] as const;
const line = (tag: number, suite: CryptoSuite, fill: number, more = "") => `a=crypto:${tag} ${suite} inline:${inline(suite, fill)}${more}`;

const keys = [keyOf(C80, 1), keyOf(GCM, 2), keyOf(C32, 3)];
const plain: LocalMedia = { host: "127.0.0.1", port: 30_000, codecs: ["PCMU"], telephoneEvent: false, direction: "sendrecv", sessionId: "77", sessionVersion: 2 };
const optional: LocalMedia = { ...plain, security: { keys, required: false } };
const required: LocalMedia = { ...plain, security: { keys, required: true } };
const offering: LocalMedia = { ...required, secured: "RTP/SAVP" };

function session(...lines: readonly string[]): SdpSession {
  const parsed = parseSdp(utf8(["v=0", "o=- 5 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", ...lines].join("\r\n")));
  return parsed.ok ? parsed.session : expect.fail(parsed.why);
}
const cryptoIn = (...lines: readonly string[]): readonly SdpCrypto[] => session("m=audio 4000 RTP/SAVP 0", ...lines).media[0]?.crypto ?? [];
const profileOf = (ours: Uint8Array) => text(ours).split("\r\n").filter((one) => /^(m=|a=crypto)/.test(one));

describe("a=crypto", () => {
  it.each([
    ["as RFC 4568 §9.2 has it", `a=crypto:1 ${C80} inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20`, ["1"]],
    ["without a lifetime", line(7, C32, 1), ["7"]],
    ["with a lifetime as a number", line(1, C80, 1, "|1048576"), ["1"]],
    ["in small letters", line(1, C80, 1).replace(C80, C80.toLowerCase()), ["1"]],
    ["with a hint for the replay window", line(1, C80, 1, " WSH=128"), ["1"]],
    ["with keys that are derived once", line(1, GCM, 1, "|2^48 KDR=0 -EXT=1"), ["1"]],
    ["with an unknown suite", `a=crypto:1 F8_128_HMAC_SHA1_80 inline:${inline(C80, 1)}`, []],
    ["with a master key identifier", line(1, C80, 1, "|2^20|1:4"), []],
    ["with an identifier and no lifetime", line(1, C80, 1, "|1:4"), []],
    ["with two keys", line(1, C80, 1, `;inline:${inline(C80, 2)}`), []],
    ["with another method", line(1, C80, 1).replace("inline", "uri"), []],
    ["with a key that is too short", `a=crypto:1 ${C80} inline:${Buffer.alloc(29).toString("base64")}`, []],
    ["with a key that is too long", line(1, C80, 1).replace(inline(C80, 1), Buffer.alloc(33).toString("base64")), []],
    ["with a lifetime that no key has", line(1, C80, 1, "|2^49"), []],
    ["with a lifetime of none", line(1, C80, 1, "|0"), []],
    ["with a rate of derivation", line(1, C80, 1, " KDR=4"), []],
    ["that does not encrypt", line(1, C80, 1, " UNENCRYPTED_SRTP"), []],
    ["that does not encrypt, behind a hint", line(1, C80, 1, " WSH=64 UNENCRYPTED_SRTCP"), []],
    ["that does not authenticate", line(1, C80, 1, " UNAUTHENTICATED_SRTP"), []],
    ["with a key for error correction", line(1, C80, 1, " FEC_ORDER=FEC_SRTP"), []],
    ["with a tag that is none", line(1, C80, 1).replace(":1", ":x"), []],
    ["with nothing", "a=crypto:", []],
  ])("%s", (_, written, tags) => {
    expect(cryptoIn(written).map(({ tag }) => tag)).toEqual(tags);
  });

  it("what is wrong makes its line invalid alone, and a tag counts once", () => {
    const found = cryptoIn(line(1, C80, 9, "|2^20|1:4"), line(2, C32, 8), line(2, C80, 7), line(3, GCM, 6));
    expect(found).toEqual([{ tag: "2", ...keyOf(C32, 8) }, { tag: "3", ...keyOf(GCM, 6) }]);
  });

  it("belongs to its own m= line", () => {
    const { media } = session("m=audio 4000 RTP/SAVP 0", line(1, C80, 9), "m=audio 4002 RTP/AVP 0", "m=audio 4004 RTP/SAVP 0", line(5, C32, 8));
    expect(media.map(({ crypto }) => crypto.map(({ tag }) => tag))).toEqual([["1"], [], ["5"]]);
  });
});

describe("an offer of ours", () => {
  it("has all keys, the preferred one first, where SRTP is asked for, and none where it is not", () => {
    expect(profileOf(createOffer(offering))).toEqual(["m=audio 30000 RTP/SAVP 0", line(1, C80, 1), line(2, GCM, 2), line(3, C32, 3)]);
    expect(profileOf(createOffer(optional))).toEqual(["m=audio 30000 RTP/AVP 0"]);
  });

  const answers: readonly (readonly [string, LocalMedia, readonly string[], object])[] = [
    ["the first", offering, ["m=audio 4000 RTP/SAVP 0", line(1, C80, 9)], { profile: C80, send: keys[0]?.keyAndSalt, receive: keyOf(C80, 9).keyAndSalt }],
    ["another, with feedback", offering, ["m=audio 4000 RTP/SAVPF 0", line(2, GCM, 9)], { profile: GCM, send: keys[1]?.keyAndSalt, receive: keyOf(GCM, 9).keyAndSalt }],
  ];
  it.each(answers)("is answered with %s of its keys", (_, local, lines, security) => {
    expect(acceptAnswer(local, session(...lines))).toMatchObject({ ok: true, negotiated: { security } });
  });

  it.each([
    ["without a key", offering, ["m=audio 4000 RTP/SAVP 0"]],
    ["in the clear", offering, ["m=audio 4000 RTP/AVP 0"]],
    ["in the clear, where it need not be encrypted", { ...offering, ...optional }, ["m=audio 4000 RTP/AVP 0"]],
    ["with a tag that was not offered", offering, ["m=audio 4000 RTP/SAVP 0", line(4, C80, 9)]],
    ["with a tag of another suite", offering, ["m=audio 4000 RTP/SAVP 0", line(2, C80, 9)]],
    ["encrypted although it was not asked for", optional, ["m=audio 4000 RTP/SAVP 0", line(1, C80, 9)]],
  ])("is not agreed on when it is answered %s", (_, local, lines) => {
    const accepted = acceptAnswer("secured" in local ? { ...local, secured: "RTP/SAVP" } : local, session(...lines));
    expect(accepted.ok).toBe(false);
  });
});

describe("an offer of the peer", () => {
  const savp = ["m=audio 4000 RTP/SAVP 0", line(11, C32, 9), line(12, C80, 8)];
  const answered: readonly (readonly [string, LocalMedia, readonly string[], readonly string[]])[] = [
    ["is answered with the first suite that both have, and its tag", optional, savp, ["m=audio 30000 RTP/SAVP 0", line(11, C32, 3)]],
    ["with feedback", required, ["m=audio 4000 RTP/SAVPF 0", line(1, GCM, 9)], ["m=audio 30000 RTP/SAVPF 0", line(1, GCM, 2)]],
    ["with a suite we do not have first", optional, ["m=audio 4000 RTP/SAVP 0", line(1, "AEAD_AES_256_GCM", 9), line(2, C80, 9)], ["m=audio 30000 RTP/SAVP 0", line(2, C80, 1)]],
    ["beside RTP/AVP, of who encrypts where it can", optional, ["m=audio 4000 RTP/AVP 0", line(1, C80, 9)], ["m=audio 30000 RTP/AVP 0", line(1, C80, 1)]],
    ["beside RTP/AVP, to who does not encrypt", plain, ["m=audio 4000 RTP/AVP 0", line(1, C80, 9)], ["m=audio 30000 RTP/AVP 0"]],
    ["in the clear, where that will do", optional, ["m=audio 4000 RTP/AVP 0"], ["m=audio 30000 RTP/AVP 0"]],
    ["of both: the encrypted one, although it comes second", optional, ["m=audio 4000 RTP/AVP 0", "m=audio 4002 RTP/SAVP 0", line(1, C80, 9)], ["m=audio 0 RTP/AVP 0", "m=audio 30000 RTP/SAVP 0", line(1, C80, 1)]],
    ["of both, to who does not encrypt", plain, ["m=audio 4000 RTP/SAVP 0", line(1, C80, 9), "m=audio 4002 RTP/AVP 0"], ["m=audio 0 RTP/SAVP 0", "m=audio 30000 RTP/AVP 0"]],
    ["of both, the encrypted one with keys that nobody has", optional, ["m=audio 4000 RTP/SAVP 0", "m=audio 4002 RTP/AVP 0"], ["m=audio 0 RTP/SAVP 0", "m=audio 30000 RTP/AVP 0"]],
  ];
  it.each(answered)("%s", (_, local, lines, expected) => {
    const result = answerOffer(session(...lines), local);
    expect(result.ok && profileOf(result.answer)).toEqual(expected);
    expect(result.ok && (result.negotiated.security !== undefined)).toBe(expected.some((one) => one.startsWith("a=crypto")));
  });

  it.each([
    ["encrypted, where nothing is", plain, savp, "not taken here"],
    ["in the clear, where nothing may be", required, ["m=audio 4000 RTP/AVP 0"], "Only encrypted audio"],
    ["with no suite in common", optional, ["m=audio 4000 RTP/SAVP 0", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA"], "No suite of SRTP in common"],
    ["without a codec in common", required, ["m=audio 4000 RTP/SAVP 18", line(1, C80, 9)], "No audio codec in common"],
  ])("is refused: %s", (_, local, lines, why) => {
    expect(answerOffer(session(...lines), local)).toMatchObject({ ok: false, status: 488, why: expect.stringContaining(why) });
  });

  it("gives both sides the same keys, crossed", () => {
    const theirs = [keyOf(C80, 21), keyOf(GCM, 22)];
    const answered = answerOffer(session(...text(createOffer(offering)).split("\r\n").slice(5, -1)), { ...optional, security: { keys: theirs, required: false } });
    if (!answered.ok) expect.fail(answered.why);
    const accepted = acceptAnswer(offering, session(...text(answered.answer).split("\r\n").slice(5, -1)));
    expect(accepted).toMatchObject({ negotiated: { security: { profile: C80, send: keys[0]?.keyAndSalt, receive: theirs[0]?.keyAndSalt } } });
    expect(answered.negotiated.security).toEqual({ profile: C80, send: theirs[0]?.keyAndSalt, receive: keys[0]?.keyAndSalt });
  });
});
