import { describe, expect, it } from "vitest";
import { text, utf8 } from "../base/index.ts";
import { acceptAnswer, answerOffer, createOffer } from "./offer-answer.ts";
import { parseSdp } from "./parse.ts";
import { jointDirection, type Direction, type LocalMedia, type SdpSession } from "./session.ts";

const local: LocalMedia = {
  host: "127.0.0.1",
  port: 30_000,
  codecs: ["PCMU", "PCMA"],
  telephoneEvent: true,
  direction: "sendrecv",
  sessionId: "77",
  sessionVersion: 2,
};

function session(...lines: readonly string[]): SdpSession {
  const head = ["v=0", "o=- 5 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=10 20"];
  return read(utf8([...head, ...lines].join("\r\n")));
}
function read(bytes: Uint8Array): SdpSession {
  const result = parseSdp(bytes);
  if (!result.ok) throw new Error(result.why);
  return result.session;
}
const events = "a=rtpmap:101 telephone-event/8000";

describe("createOffer", () => {
  it("offers what we have, line by line", () => {
    expect(text(createOffer(local)).split("\r\n")).toEqual([
      "v=0", "o=- 77 2 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
      "m=audio 30000 RTP/AVP 0 8 101",
      "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", events, "a=fmtp:101 0-15",
      "a=ptime:20", "a=sendrecv", "a=rtcp:30000", "a=rtcp-mux", "",
    ]);
  });

  it("G.722 at the clock rate that RFC 3551 §4.5.2 gives it, behind what comes first", () => {
    const offer = text(createOffer({ ...local, codecs: ["PCMA", "G722"] }));
    expect(offer).toContain("m=audio 30000 RTP/AVP 8 9 101\r\n");
    expect(offer).toContain("a=rtpmap:9 G722/8000\r\n");
  });

  it("in our order, held, over IPv6, without digits", () => {
    const offer = text(createOffer({ ...local, host: "::1", codecs: ["PCMA"], telephoneEvent: false, direction: "sendonly" }));
    expect(offer).toContain("c=IN IP6 ::1\r\n");
    expect(offer).toContain("m=audio 30000 RTP/AVP 8\r\n");
    expect(offer).toContain("a=sendonly\r\n");
    expect(offer).not.toContain("telephone-event");
  });
});

describe("answerOffer negotiates", () => {
  const cases: readonly (readonly [string, readonly string[], object])[] = [
    ["the offerer's first codec that we have", ["m=audio 4000 RTP/AVP 18 8 0"], { codec: "PCMA", payloadType: 8 }],
    ["static payloads without rtpmap", ["m=audio 4000 RTP/AVP 0"], { codec: "PCMU", payloadType: 0 }],
    ["the offer's payload numbers", ["m=audio 4000 RTP/AVP 97", "a=rtpmap:97 pcma/8000"], { codec: "PCMA", payloadType: 97 }],
    ["digits under any number", ["m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/8000"], { telephoneEventPayloadType: 96 }],
    ["digits of the codec's rate only", ["m=audio 4000 RTP/AVP 0 110 101", "a=rtpmap:110 telephone-event/48000", events], { telephoneEventPayloadType: 101 }],
    ["the remote address", ["m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"], { remote: { host: "2001:db8::1", port: 4000 } }],
    ["the packet time", ["m=audio 4000 RTP/AVP 0", "a=ptime:30"], { packetMs: 30 }],
    ["20 ms when nothing is said", ["m=audio 4000 RTP/AVP 0"], { packetMs: 20 }],
    ["RTCP on the port of RTP", ["m=audio 4000 RTP/AVP 0", "a=rtcp-mux"], { rtcp: "mux" }],
    ["RTCP on the next port", ["m=audio 4000 RTP/AVP 0"], { rtcp: { host: "192.0.2.1", port: 4001 } }],
    ["RTCP on a port of its own", ["m=audio 4000 RTP/AVP 0", "a=rtcp:53020"], { rtcp: { host: "192.0.2.1", port: 53_020 } }],
    ["RTCP at an address of its own", ["m=audio 4000 RTP/AVP 0", "a=rtcp:53020 IN IP4 192.0.2.9"], { rtcp: { host: "192.0.2.9", port: 53_020 } }],
    ["no RTCP at all, with shared ports too", ["m=audio 4000 RTP/AVP 0", "b=RS:0", "b=RR:0", "a=rtcp-mux"], { rtcp: undefined }],
    ["no RTCP for the whole session", ["b=RR:0", "b=RS:0", "m=audio 4000 RTP/AVP 0"], { rtcp: undefined }],
    ["RTCP of one stream in a session without", ["b=RR:0", "b=RS:0", "m=audio 4000 RTP/AVP 0", "b=RS:600", "b=RR:2000"], { rtcp: { host: "192.0.2.1", port: 4001 } }],
    ["reports of who sends", ["m=audio 4000 RTP/AVP 0", "b=RR:0", "a=rtcp-mux"], { rtcp: "mux" }],
    ["no reports of who only receives", ["m=audio 4000 RTP/AVP 0", "b=RR:0", "a=rtcp-mux", "a=sendonly"], { rtcp: undefined, direction: "recvonly" }],
    ["no reports of who sends, if they say so", ["m=audio 4000 RTP/AVP 0", "b=RS:0", "a=rtcp-mux"], { rtcp: undefined }],
    ["reports of who only receives", ["m=audio 4000 RTP/AVP 0", "b=RS:0", "a=rtcp-mux", "a=sendonly"], { rtcp: "mux" }],
    ["a bandwidth that is no number", ["m=audio 4000 RTP/AVP 0", "b=RS:x", "b=RR:", "a=rtcp-mux"], { rtcp: "mux" }],
    ["no RTCP at a name", ["m=audio 4000 RTP/AVP 0", "a=rtcp:53020 IN IP4 rtcp.example.com"], { rtcp: { host: "192.0.2.1", port: 4001 } }],
    ["no RTCP on a port that there is not", ["m=audio 4000 RTP/AVP 0", "a=rtcp:0"], { rtcp: { host: "192.0.2.1", port: 4001 } }],
    ["feedback profiles as plain RTP", ["m=audio 4000 RTP/AVPF 0"], { codec: "PCMU" }],
    ["hold by address: nothing is sent", ["m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"], { direction: "recvonly" }],
  ];
  it.each(cases)("%s", (_, lines, expected) => {
    const answered = answerOffer(session(...lines), local);
    expect(answered.ok && { rtcp: undefined, ...answered.negotiated }).toMatchObject(expected);
  });

  const choices: readonly (readonly [offered: string, ours: LocalMedia["codecs"], chosen: string])[] = [
    ["9 0 8", ["PCMU", "PCMA", "G722"], "PCMU"],
    ["9 8 0", ["PCMU", "PCMA", "G722"], "PCMA"],
    ["9 18", ["PCMU", "PCMA", "G722"], "G722"],
    ["8 0 9", ["G722", "PCMU", "PCMA"], "G722"],
    ["8 0", ["G722", "PCMU", "PCMA"], "PCMA"],
    ["0 9 8", ["PCMA", "G722"], "PCMA"],
    ["0 9", ["PCMA", "G722"], "G722"],
  ];
  it.each(choices)("one of the offered %s, of which we have %s: %s", (formats, codecs, chosen) => {
    const answered = answerOffer(session(`m=audio 4000 RTP/AVP ${formats}`), { ...local, codecs });
    expect(answered).toMatchObject({ ok: true, negotiated: { codec: chosen } });
    expect(answered.ok && text(answered.answer).match(/m=.*/g)).toHaveLength(1);
    expect(answered.ok && read(answered.answer).media[0]?.codecs.map(({ name }) => name)).toEqual([chosen]);
  });

  it("no digits when the peer does not take them, or we do not", () => {
    const without = answerOffer(session("m=audio 4000 RTP/AVP 0"), local);
    const unwanted = answerOffer(session("m=audio 4000 RTP/AVP 0 101", events), { ...local, telephoneEvent: false });
    for (const answered of [without, unwanted]) {
      expect(answered.ok && Object.keys(answered.negotiated)).not.toContain("telephoneEventPayloadType");
      expect(answered.ok && text(answered.answer)).not.toContain("telephone-event");
    }
  });
});

describe("answerOffer answers", () => {
  it("as many media lines as were offered, port 0 for what is refused, the offer's timing", () => {
    const offer = session(
      "m=video 5000 RTP/AVP 99 100", "m=audio 5002 RTP/AVP 18", "m=audio 5004 RTP/AVP 8 101", events, "m=audio 5006 RTP/AVP 0", "m=image 5008 udptl t38",
    );
    const answered = answerOffer(offer, local);
    expect(answered.ok && text(answered.answer).split("\r\n")).toEqual([
      "v=0", "o=- 77 2 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=10 20",
      "m=video 0 RTP/AVP 99",
      "m=audio 0 RTP/AVP 18",
      "m=audio 30000 RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000", events, "a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv", "a=rtcp:30000",
      "m=audio 0 RTP/AVP 0",
      "m=image 0 udptl t38", "",
    ]);
    expect(answered).toMatchObject({ negotiated: { remote: { port: 5004 }, codec: "PCMA" } });
  });

  it.each([
    ["shared ports to who offers them", ["m=audio 5004 RTP/AVP 0", "a=rtcp-mux"], "a=rtcp-mux", true],
    ["no shared ports to who does not", ["m=audio 5004 RTP/AVP 0"], "a=rtcp-mux", false],
    ["comfort noise to who offers it", ["m=audio 5004 RTP/AVP 0 13"], "m=audio 30000 RTP/AVP 0 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:13 CN/8000\r\n", true],
    ["no comfort noise to who does not", ["m=audio 5004 RTP/AVP 0"], "CN", false],
    ["no comfort noise of another rate", ["m=audio 5004 RTP/AVP 0 97", "a=rtpmap:97 CN/16000"], "CN", false],
  ] as const)("%s", (_, lines, wanted, there) => {
    const answered = answerOffer(session(...lines), local);
    expect(answered.ok && text(answered.answer).includes(wanted)).toBe(there);
  });

  const refused: readonly (readonly [string, readonly string[], string])[] = [
    ["no media", [], "no audio stream"],
    ["video only", ["m=video 5000 RTP/AVP 99"], "no audio stream"],
    ["encrypted only", ["m=audio 5000 RTP/SAVP 0"], "not taken here"],
    ["no codec in common", ["m=audio 5000 RTP/AVP 18 9"], "codec"],
    ["a codec at another rate", ["m=audio 5000 RTP/AVP 97", "a=rtpmap:97 PCMU/16000"], "codec"],
    ["a codec that is switched off, naming those that are not", ["m=audio 5000 RTP/AVP 9"], "PCMU, PCMA"],
    ["digits alone", ["m=audio 5000 RTP/AVP 101", events], "codec"],
    ["every audio stream given up", ["m=audio 0 RTP/AVP 0"], "refused"],
    ["no address to send to", ["m=audio 5000 RTP/AVP 0", "c=IN IP4 host.example.com"], "address"],
  ];
  it.each(refused)("488 to %s", (_, lines, word) => {
    expect(answerOffer(session(...lines), local)).toMatchObject({ ok: false, status: 488, why: expect.stringContaining(word) });
  });
});

describe("direction (RFC 3264 §6.1)", () => {
  const table: readonly (readonly [theirs: Direction, ours: Direction, joint: Direction])[] = [
    ["sendrecv", "sendrecv", "sendrecv"], ["sendonly", "sendrecv", "recvonly"], ["recvonly", "sendrecv", "sendonly"], ["inactive", "sendrecv", "inactive"],
    ["sendrecv", "sendonly", "sendonly"], ["sendonly", "sendonly", "inactive"], ["recvonly", "sendonly", "sendonly"], ["inactive", "sendonly", "inactive"],
    ["sendrecv", "recvonly", "recvonly"], ["sendonly", "recvonly", "recvonly"], ["recvonly", "recvonly", "inactive"], ["inactive", "recvonly", "inactive"],
    ["sendrecv", "inactive", "inactive"], ["sendonly", "inactive", "inactive"], ["recvonly", "inactive", "inactive"], ["inactive", "inactive", "inactive"],
  ];
  it.each(table)("offered %s, we are %s: %s", (theirs, ours, joint) => {
    expect(jointDirection(ours, theirs)).toBe(joint);
    const answered = answerOffer(session("m=audio 4000 RTP/AVP 0", `a=${theirs}`), { ...local, direction: ours });
    expect(answered.ok && text(answered.answer)).toContain(`a=${joint}\r\n`);
    expect(answered).toMatchObject({ negotiated: { direction: joint } });
  });
});

describe("acceptAnswer", () => {
  it("gives both sides the same view, whoever offered", () => {
    const offering = { ...local, port: 1000, direction: "sendonly" } as const;
    const answering = { ...local, port: 2000, codecs: ["PCMA"] } as const;
    const answered = answerOffer(read(createOffer(offering)), answering);
    const accepted = acceptAnswer(offering, read(answered.ok ? answered.answer : new Uint8Array()));
    const common = { codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 101, packetMs: 20, rtcp: "mux" };
    expect(answered).toMatchObject({ negotiated: { ...common, remote: { host: "127.0.0.1", port: 1000 }, direction: "recvonly" } });
    expect(accepted).toEqual({ ok: true, negotiated: { ...common, remote: { host: "127.0.0.1", port: 2000 }, direction: "sendonly" } });
  });

  const refused: readonly (readonly [string, readonly string[], string])[] = [
    ["no media", [], "as many"],
    ["more media than were offered", ["m=audio 4000 RTP/AVP 0", "m=video 0 RTP/AVP 99"], "as many"],
    ["the stream refused", ["m=audio 0 RTP/AVP 0"], "refused"],
    ["another codec than was offered", ["m=audio 4000 RTP/AVP 18"], "codec"],
    ["another medium", ["m=video 4000 RTP/AVP 0"], "no audio"],
  ];
  it.each(refused)("refuses %s", (_, lines, word) => {
    expect(acceptAnswer(local, session(...lines))).toMatchObject({ ok: false, why: expect.stringContaining(word) });
  });

  it("sends what the answer names first (RFC 3264 §7)", () => {
    const codecs = ["PCMU", "PCMA", "G722"] as const;
    expect(acceptAnswer({ ...local, codecs }, session("m=audio 4000 RTP/AVP 9 0"))).toMatchObject({ negotiated: { codec: "G722", payloadType: 9 } });
  });

  const named = { PCMU: { codec: "PCMU", payloadType: 0 }, PCMA: { codec: "PCMA", payloadType: 8 }, G722: { codec: "G722", payloadType: 9 } } as const;
  it.each([
    ["nothing besides, where it has one codec", "8", [], undefined],
    ["its other codecs, which the peer may send", "9 0 8 18", [], [named.PCMU, named.PCMA]],
    ["them with their events", "8 0 101", [events], [{ ...named.PCMU, telephoneEventPayloadType: 101 }]],
    ["codecs by our numbers and its own", "8 98", ["a=rtpmap:98 G722/8000"], [named.G722, { ...named.G722, payloadType: 98 }]],
  ] as const)("takes %s (RFC 3264 §6.1)", (_, formats, lines, besides) => {
    const codecs = ["PCMU", "PCMA", "G722"] as const;
    const accepted = acceptAnswer({ ...local, codecs }, session(`m=audio 4000 RTP/AVP ${formats}`, ...lines));
    expect(accepted.ok && accepted.negotiated.besides).toEqual(besides);
  });

  it("takes a hold", () => {
    expect(acceptAnswer(local, session("m=audio 4000 RTP/AVP 0", "a=inactive"))).toMatchObject({ negotiated: { direction: "inactive" } });
  });
});
