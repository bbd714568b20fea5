import { expect, it } from "vitest";
import { text } from "../base/index.ts";
import { fuzz } from "../fuzz.test.support.ts";
import type { Chance } from "../fuzz-mutation.test.support.ts";
import { acceptAnswer, answerOffer, createOffer, parseSdp, type LocalMedia } from "./index.ts";

const local: LocalMedia = {
  host: "192.0.2.9", port: 40_000, codecs: ["PCMU", "PCMA", "opus"], telephoneEvent: true, direction: "sendrecv", sessionId: "1", sessionVersion: "1",
};
const value = Array.from({ length: 32 }, () => "0A").join(":");
const secure: LocalMedia = {
  ...local,
  security: { required: false, keys: [{ suite: "AES_CM_128_HMAC_SHA1_80", keyAndSalt: new Uint8Array(30) }], dtls: { fingerprint: { hash: "sha-256", value } } },
};
const handshake = createOffer({ ...secure, secured: "UDP/TLS/RTP/SAVP" });
const offer = [
  "v=0", "o=- 1 2 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "b=AS:84", "t=0 0", "a=group:BUNDLE audio", "m=audio 49170 RTP/AVP 0 8 9 111 101",
  "c=IN IP6 2001:db8::1", "a=rtpmap:0 PCMU/8000", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15",
  "a=ptime:20", "a=maxptime:40", "a=rtcp:49171", "a=rtcp-mux", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "a=fingerprint:sha-256 00:11", "a=setup:actpass", "a=sendrecv", "m=video 51372/2 RTP/AVP 31 32", "a=inactive", "m=image 0 udptl t38", "",
].join("\r\n");
const words = ["m=audio ", "c=IN IP4 0.0.0.0", "a=sendonly", "a=rtpmap:", "a=fmtp:101 ", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVPF", "t=", "\r\n", "a=ptime:0", "IP6 ::1", "a=crypto:", "a=rtcp-mux"];

function grammar(random: Chance): string {
  const format = () => random.of(["0", "8", "9", "13", "96", "101", "111", "127", "128", "x", "-1"]);
  const line = () => random.of([
    () => `m=${random.of(["audio", "video", "text", ""])} ${random.of(["0", "9", "49170", "65536", "1/2", "x"])} ${random.of(["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "UDP/TLS/RTP/SAVPF", "udp"])} ${format()} ${format()} ${format()}`,
    () => `c=IN ${random.of(["IP4 192.0.2.1", "IP4 0.0.0.0", "IP4 224.0.0.1/127/3", "IP6 ::", "IP6 2001:db8::2", "IP4 host.example", "IP5 x", ""])}`,
    () => `a=rtpmap:${format()} ${random.of(["PCMU/8000", "PCMA/8000/1", "opus/48000/2", "telephone-event/8000", "telephone-event/48000", "G722/8000", "x", "/", "PCMU/0"])}`,
    () => `a=fmtp:${format()} ${random.of(["0-15", "0-16,36", "useinbandfec=1", "maxaveragebitrate=1;cbr=1;;=", "", "-", "15-0"])}`,
    () => `a=${random.of(["sendrecv", "sendonly", "recvonly", "inactive", "ptime:20", "ptime:-1", "ptime:1e9", "rtcp:9 IN IP4 192.0.2.3", "rtcp-mux", "x"])}`,
    () => `${random.of(["o", "s", "t", "b", "k", "z", "v"])}=${random.of(["0", "- 1 1 IN IP4 x", "0 0", "AS:9", ""])}`,
  ])();
  return ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", ...Array.from({ length: random.below(16) }, line), ""].join(random.one(8) ? "\n" : "\r\n");
}

const sections = (bytes: Uint8Array) => text(bytes).split("\r\n").filter((line) => line.startsWith("m=")).length;

it("a description is read or refused; its answer has as many sections, and is one that we would take", async () => {
  const report = await fuzz({
    name: "sdp", seeds: [offer, createOffer(local), offer.replace("0 8 9 111 101", "8"), handshake], words, grammar,
    run(input) {
      const parsed = parseSdp(input);
      if (!parsed.ok) return "refused";
      const accepted = acceptAnswer(local, parsed.session);
      const encrypted = answerOffer(parsed.session, secure);
      const { dtls, security } = encrypted.ok ? encrypted.negotiated : {};
      if (dtls && (security || dtls.fingerprints.length === 0)) throw new Error("keys come from two places, or from nobody");
      const answered = answerOffer(parsed.session, local);
      if (!answered.ok) return `no answer ${accepted.ok}`;
      if (sections(answered.answer) !== parsed.session.media.length) throw new Error("RFC 3264 §6: the answer has another number of sections");
      const again = parseSdp(answered.answer);
      if (!again.ok || (encrypted.ok && !parseSdp(encrypted.answer).ok)) throw new Error("our answer cannot be read");
      return `${accepted.ok} ${answered.negotiated.codec} ${answered.negotiated.direction} ${parsed.session.media.length}`;
    },
  });
  expect(report.outcomes).toBeGreaterThan(6);
}, 300_000);
