import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../base/index.ts";
import { answerOffer } from "./offer-answer.ts";
import { parseSdp } from "./parse.ts";
import type { SdpSession } from "./session.ts";

const head = ["v=0", "o=alice 2890844526 2890844527 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"];
const sdp = (...lines: readonly string[]) => utf8(`${lines.join("\r\n")}\r\n`);
const parsed = (...lines: readonly string[]): SdpSession => {
  const result = parseSdp(sdp(...head, ...lines));
  if (!result.ok) throw new Error(result.why);
  return result.session;
};
const audio = (...lines: readonly string[]) => parsed(...lines).media[0]!;

describe("a session", () => {
  it("is read with its origin, timing and media in order", () => {
    const session = parsed("m=audio 49170 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "m=video 51372 RTP/AVP 99");
    expect(session.origin).toEqual({ username: "alice", sessionId: "2890844526", sessionVersion: "2890844527" });
    expect(session.timing).toBe("0 0");
    expect(session.media.map(({ type, port, protocol, formats }) => [type, port, protocol, formats])).toEqual([
      ["audio", 49_170, "RTP/AVP", ["0", "101"]],
      ["video", 51_372, "RTP/AVP", ["99"]],
    ]);
  });

  it.each([["5 6", "5 6"], ["x y", "0 0"], ["0", "0 0"], ["", "0 0"]])("with the times %j has %j", (told, expected) => {
    const result = parseSdp(sdp(...head.filter((line) => !line.startsWith("t=")), `t=${told}`, "m=audio 1 RTP/AVP 0"));
    expect(result.ok && result.session.timing).toBe(expected);
  });

  it("has the formats that are tokens, whatever their word", () => {
    expect(audio("m=application 1 udp NaN Infinity wb \u00e9 a/b").formats).toEqual(["NaN", "Infinity", "wb"]);
    expect(audio("m=application 1 udp NaN").formats).toEqual(["NaN"]);
  });

  it.each(["\n", "\r", "\r\n"])("is read with lines ending in %j", (end) => {
    const result = parseSdp(utf8([...head, "m=audio 4000 RTP/AVP 0", "", ""].join(end)));
    expect(result.ok && result.session.media[0]!.port).toBe(4000);
  });
});

describe("codecs", () => {
  const cases: readonly (readonly [string, readonly string[], readonly (readonly [number, string, number, number])[]])[] = [
    ["static payloads need no rtpmap", ["m=audio 1 RTP/AVP 8 0"], [[8, "PCMA", 8000, 1], [0, "PCMU", 8000, 1]]],
    ["an rtpmap wins over the static meaning", ["m=audio 1 RTP/AVP 0", "a=rtpmap:0 L16/8000"], [[0, "L16", 8000, 1]]],
    ["names in any case, channels told", ["m=audio 1 RTP/AVP 96", "a=rtpmap:96 opus/48000/2"], [[96, "OPUS", 48_000, 2]]],
    ["what is not in the m= line does not count", ["m=audio 1 RTP/AVP 0", "a=rtpmap:8 PCMA/8000"], [[0, "PCMU", 8000, 1]]],
    ["a dynamic payload without an rtpmap means nothing", ["m=audio 1 RTP/AVP 97 0"], [[0, "PCMU", 8000, 1]]],
    ["an rtpmap without a rate means nothing", ["m=audio 1 RTP/AVP 97 0", "a=rtpmap:97 PCMU"], [[0, "PCMU", 8000, 1]]],
    ["formats that are no payload types are passed over", ["m=audio 1 RTP/AVP 300 x 0"], [[0, "PCMU", 8000, 1]]],
  ];
  it.each(cases)("%s", (_, lines, expected) => {
    expect(audio(...lines).codecs.map((one) => [one.payloadType, one.name, one.rateHz, one.channels])).toEqual(expected);
  });
});

describe("address", () => {
  const cases: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ["the session's", [], "192.0.2.1"],
    ["the media's own wins", ["c=IN IP4 192.0.2.99"], "192.0.2.99"],
    ["IPv6", ["c=IN IP6 2001:db8::7"], "2001:db8::7"],
    ["IPv6 said to be IPv4", ["c=IN IP4 2001:db8::7"], undefined],
    ["multicast with a TTL", ["c=IN IP4 224.2.1.1/127"], undefined],
    ["a host name", ["c=IN IP4 media.example.com"], undefined],
    ["out of range", ["c=IN IP4 192.0.2.256"], undefined],
  ];
  it.each(cases)("%s", (_, lines, expected) => {
    expect(audio("m=audio 4000 RTP/AVP 0", ...lines).host).toBe(expected);
  });
});

describe("direction", () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["sendrecv without a word", ["m=audio 1 RTP/AVP 0"], "sendrecv"],
    ["the media's", ["m=audio 1 RTP/AVP 0", "a=sendonly"], "sendonly"],
    ["the session's", ["a=inactive", "m=audio 1 RTP/AVP 0"], "inactive"],
    ["the media's over the session's", ["a=inactive", "m=audio 1 RTP/AVP 0", "a=recvonly"], "recvonly"],
    ["hold by an unspecified address", ["m=audio 1 RTP/AVP 0", "c=IN IP4 0.0.0.0"], "sendonly"],
    ["hold of one who only receives", ["m=audio 1 RTP/AVP 0", "c=IN IP6 ::", "a=recvonly"], "inactive"],
  ];
  it.each(cases)("%s", (_, lines, expected) => {
    expect(audio(...lines).direction).toBe(expected);
  });
});

describe("packet time", () => {
  const cases: readonly (readonly [string, readonly string[], number | undefined])[] = [
    ["not told", [], undefined],
    ["ptime", ["a=ptime:30"], 30],
    ["maxptime bounds it", ["a=ptime:60", "a=maxptime:40"], 40],
    ["maxptime alone bounds the usual 20 ms", ["a=maxptime:10"], 10],
    ["nonsense", ["a=ptime:0"], undefined],
    ["no number", ["a=ptime:x"], undefined],
  ];
  it.each(cases)("%s", (_, lines, expected) => {
    expect(audio("m=audio 1 RTP/AVP 0", ...lines).packetMs).toBe(expected);
  });
});

describe("refused, with the reason and without the content", () => {
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["nothing", utf8(""), "v=0"],
    ["no version", sdp(...head.slice(1)), "v=0"],
    ["another version", sdp("v=1", ...head.slice(1)), "v=0"],
    ["no origin", sdp("v=0", "s=-", "m=audio 1 RTP/AVP 0"), "origin"],
    ["an origin without numbers", sdp("v=0", "o=secret x y IN IP4 192.0.2.1", "s=-"), "origin"],
    ["a line that is none", sdp(...head, "secret"), "<type>=<value>"],
    ["a media line without a port", sdp(...head, "m=audio RTP/AVP 0"), "media.0.type"],
    ["a media line without a type", sdp(...head, "m= 1 RTP/AVP 0"), "media.0.type"],
    ["a media line without a protocol", sdp(...head, "m=audio 1  0"), "media.0.protocol"],
    ["a protocol that ends early", sdp(...head, "m=audio 1 RTP/ 0"), "media.0.protocol"],
    ["a port out of range", sdp(...head, "m=audio 70000 RTP/AVP 0"), "port"],
    ["too many media lines", sdp(...head, ...Array.from({ length: 17 }, () => "m=audio 1 RTP/AVP 0")), "too many"],
    ["too long", sdp(...head, `a=${"x".repeat(17_000)}`), "too long"],
  ];
  it.each(cases)("%s", (_, bytes, word) => {
    const result = parseSdp(bytes);
    expect(result).toMatchObject({ ok: false, why: expect.stringContaining(word) });
    expect(JSON.stringify(result)).not.toContain("secret");
  });
});

describe("whatever arrives", () => {
  const local = {
    host: "127.0.0.1", port: 4000, codecs: ["PCMU", "PCMA"], telephoneEvent: true, direction: "sendrecv", sessionId: 1, sessionVersion: 1,
  } as const;
  const valid = [...head, "m=audio 49170/2 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=ptime:20", "m=video 1 RTP/AVP 99"].join("\r\n");

  it("is read or refused, never thrown at, and what is read can be answered", () => {
    const mutation = fc.record({ at: fc.nat(valid.length), drop: fc.nat(12), put: fc.string({ maxLength: 8 }) });
    const mutated = fc.array(mutation, { maxLength: 6 }).map((mutations) =>
      mutations.reduce((line, { at, drop, put }) => line.slice(0, at) + put + line.slice(at + drop), valid),
    );
    const anything = fc.oneof(mutated.map(utf8), fc.uint8Array({ maxLength: 300 }), fc.string().map((line) => sdp(...head, line)));
    let read = 0;
    const property = fc.property(anything, (bytes) => {
      const result = parseSdp(bytes);
      if (!result.ok) return;
      read += 1;
      const answered = answerOffer(result.session, local);
      if (!answered.ok) return;
      const back = parseSdp(answered.answer);
      expect(back.ok && back.session.media.length).toBe(result.session.media.length);
    });
    fc.assert(property, { seed: 3264, numRuns: 2000 });
    expect(read).toBeGreaterThan(100);
  });

  it("cut at every length is read or refused", () => {
    const whole = utf8(valid);
    const outcomes = Array.from(whole, (_, length) => parseSdp(whole.subarray(0, length)).ok);
    expect(outcomes.filter(Boolean).length).toBeGreaterThan(0);
    expect(outcomes.slice(0, 40).some(Boolean)).toBe(false);
  });
});
