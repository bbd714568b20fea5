import { describe, expect, it } from "vitest";
import { text, utf8 } from "../base/index.ts";
import { acceptAnswer, answerOffer, createOffer } from "./offer-answer.ts";
import { parseSdp } from "./parse.ts";
import type { LocalMedia, SdpSession } from "./session.ts";

const local: LocalMedia = {
  host: "127.0.0.1", port: 30_000, codecs: ["PCMU", "opus"], telephoneEvent: true, direction: "sendrecv", sessionId: "77", sessionVersion: 2,
};
const only: LocalMedia = { ...local, codecs: ["opus"] };

function read(bytes: Uint8Array): SdpSession {
  const result = parseSdp(bytes);
  if (!result.ok) throw new Error(result.why);
  return result.session;
}
const session = (...lines: readonly string[]) => read(utf8(["v=0", "o=- 5 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", ...lines].join("\r\n")));
const opus = (payloadType: number, ...parameters: readonly string[]) => [`a=rtpmap:${payloadType} opus/48000/2`, ...parameters.map((one) => `a=fmtp:${payloadType} ${one}`)];
const events = (payloadType: number, rateHz: number) => `a=rtpmap:${payloadType} telephone-event/${rateHz}`;

/** The lines of the audio section, up to where it is sent. */
const audio = (description: Uint8Array) => text(description).split("\r\n").filter((line) => /^m=|^a=rtpmap|^a=fmtp/.test(line));

describe("an offer of Opus (RFC 7587 §7)", () => {
  it("stands where the configuration puts it, with events of each clock", () => {
    expect(audio(createOffer(local))).toEqual([
      "m=audio 30000 RTP/AVP 0 111 101 110", "a=rtpmap:0 PCMU/8000", "a=rtpmap:111 opus/48000/2",
      "a=fmtp:111 maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1",
      "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=rtpmap:110 telephone-event/48000", "a=fmtp:110 0-15",
    ]);
    expect(audio(createOffer({ ...local, codecs: ["opus", "G722", "PCMA"] }))[0]).toBe("m=audio 30000 RTP/AVP 111 9 8 101 110");
  });

  it("alone has events of its clock alone", () => {
    expect(audio(createOffer(only))[0]).toBe("m=audio 30000 RTP/AVP 111 110");
    expect(audio(createOffer({ ...only, telephoneEvent: false }))[0]).toBe("m=audio 30000 RTP/AVP 111");
  });
});

describe("an answer with Opus", () => {
  it("has the numbers of the offer, and what we ask for", () => {
    const answered = answerOffer(session("m=audio 4000 RTP/AVP 96 97 98", ...opus(96, "stereo=1"), events(97, 8000), events(98, 48_000)), only);
    expect(answered.ok && audio(answered.answer)).toEqual([
      "m=audio 30000 RTP/AVP 96 98", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1",
      "a=rtpmap:98 telephone-event/48000", "a=fmtp:98 0-15",
    ]);
    expect(answered).toMatchObject({ negotiated: { codec: "opus", payloadType: 96, telephoneEventPayloadType: 98 } });
    expect(answered.ok && Object.keys(answered.negotiated)).not.toContain("telephoneEventRateHz");
  });

  it("takes events of 8 kHz where there are no others", () => {
    const answered = answerOffer(session("m=audio 4000 RTP/AVP 96 97", ...opus(96), events(97, 8000)), only);
    expect(answered).toMatchObject({ negotiated: { codec: "opus", telephoneEventPayloadType: 97, telephoneEventRateHz: 8000 } });
    expect(answered.ok && audio(answered.answer)).toContain("a=rtpmap:97 telephone-event/8000");
  });

  it("takes no events of a clock that nothing here has", () => {
    const answered = answerOffer(session("m=audio 4000 RTP/AVP 96 97", ...opus(96), events(97, 16_000)), only);
    expect(answered.ok && audio(answered.answer)[0]).toBe("m=audio 30000 RTP/AVP 96");
  });

  it("goes without comfort noise, which is of codecs of 8 kHz (RFC 3389 §4)", () => {
    const offer = session("m=audio 4000 RTP/AVP 96 0 13", ...opus(96));
    const [ours, theirs] = [answerOffer(offer, only), answerOffer(offer, local)];
    expect(ours.ok && audio(ours.answer)[0]).toBe("m=audio 30000 RTP/AVP 96");
    expect(theirs.ok && audio(theirs.answer)[0]).toBe("m=audio 30000 RTP/AVP 0 13");
  });

  it.each([["opus/48000", 488], ["opus/8000/2", 488], ["opus/48000/1", 488], ["OPUS/48000/2", undefined]] as const)("to an offer of %s: %s", (named, status) => {
    const answered = answerOffer(session("m=audio 4000 RTP/AVP 96", `a=rtpmap:96 ${named}`), only);
    expect(answered.ok ? undefined : answered.status).toBe(status);
  });

  it.each([
    [["m=audio 4000 RTP/AVP 96 0", ...opus(96)], ["PCMU", "opus"], "PCMU"],
    [["m=audio 4000 RTP/AVP 0 96", ...opus(96)], ["opus", "PCMU"], "opus"],
    [["m=audio 4000 RTP/AVP 96", ...opus(96)], ["PCMU", "PCMA", "G722", "opus"], "opus"],
  ] as const)("of %j, of which we have %j, takes %s", (lines, codecs, codec) => {
    expect(answerOffer(session(...lines), { ...local, codecs })).toMatchObject({ negotiated: { codec } });
  });
});

describe("what the peer asks for (RFC 7587 §6.1)", () => {
  it.each([
    [[], {}],
    [["useinbandfec=1;usedtx=1"], { inbandFec: true }],
    [["maxplaybackrate=48000; maxaveragebitrate=20000; CBR=1; useinbandfec=0"], { maxBitrate: 20_000, constantBitrate: true }],
    [["maxaveragebitrate=many;useinbandfec"], {}],
    [["maxaveragebitrate=-1;;=;cbr=2"], {}],
  ] as const)("%j is %j", (parameters, wishes) => {
    const answered = answerOffer(session("m=audio 4000 RTP/AVP 96", ...opus(96, ...parameters)), only);
    expect(answered.ok && answered.negotiated.wishes).toEqual(wishes);
  });

  it("is nothing of other codecs", () => {
    const answered = answerOffer(session("m=audio 4000 RTP/AVP 0", "a=fmtp:0 useinbandfec=1"), local);
    expect(answered.ok && Object.keys(answered.negotiated)).not.toContain("wishes");
  });
});

describe("an answer to our Opus", () => {
  it("under our numbers settles them", () => {
    const accepted = acceptAnswer(local, session("m=audio 4000 RTP/AVP 111 110", ...opus(111), events(110, 48_000)));
    expect(accepted).toMatchObject({ ok: true, negotiated: { codec: "opus", payloadType: 111, telephoneEventPayloadType: 110 } });
    expect(accepted.ok && Object.keys(accepted.negotiated)).not.toContain("besides");
  });

  it("under others leaves both in force: each side sends under the other's (RFC 3264 §5.1)", () => {
    const accepted = acceptAnswer(local, session("m=audio 4000 RTP/AVP 96 97", ...opus(96), events(97, 48_000)));
    expect(accepted).toMatchObject({ negotiated: { payloadType: 96, telephoneEventPayloadType: 97, besides: [{ codec: "opus", payloadType: 111, telephoneEventPayloadType: 110 }] } });
  });

  it("with events of 8 kHz takes those", () => {
    const accepted = acceptAnswer(local, session("m=audio 4000 RTP/AVP 111 101", ...opus(111), events(101, 8000)));
    expect(accepted).toMatchObject({ negotiated: { codec: "opus", telephoneEventPayloadType: 101, telephoneEventRateHz: 8000 } });
    expect(accepted.ok && Object.keys(accepted.negotiated)).not.toContain("besides");
  });
});
