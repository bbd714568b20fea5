import { expect, it } from "vitest";
import { text } from "../../base/index.ts";
import { bytesOf, fuzz, tortureMessages } from "../../fuzz.test.support.ts";
import type { Chance } from "../../fuzz-mutation.test.support.ts";
import { parseAuth } from "../auth/challenge.ts";
import { openEnvelope } from "./envelope.ts";
import { headerValues } from "./message.ts";
import { parseNameAddr } from "./name-addr.ts";
import { splitList } from "./params.ts";
import { LIMITS, parseMessage } from "./parse.ts";
import { parseReplaces } from "./replaces.ts";
import { respondTo, respondToFailure } from "./respond.ts";
import { serializeMessage } from "./serialize.ts";
import { createStreamFraming } from "./stream-framing.ts";
import { formatSipUri, parseSipUri } from "./uri.ts";
import { parseVia } from "./via.ts";

const invite = [
  "INVITE sip:bob@example.com;transport=tcp SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport", "Max-Forwards: 70",
  'From: "Alice \\"A\\"" <sip:alice@example.com;user=phone?subject=x>;tag=1', "To: <sip:bob@example.com>", "Call-ID: a@b", "CSeq: 1 INVITE",
  "Contact: <sip:alice@[2001:db8::1]:5070;transport=tls>;expires=60;+sip.instance=\"<urn:uuid:0>\"", "Record-Route: <sip:p1;lr>, <sip:p2;lr>",
  "Replaces: c%20d;to-tag=1;from-tag=2;early-only", "Refer-To: <sip:x@y?Replaces=a%3Bto-tag%3Db>", "Session-Expires: 1800;refresher=uas",
  'Authorization: Digest username="a", realm="r", nonce="n", uri="sip:b", response="0", qop=auth, nc=00000001, cnonce="c"',
  "Content-Type: application/sdp", "Content-Length: 5", "", "v=0\r\n",
].join("\r\n");
const response = [
  "SIP/2.0 200 OK", "v: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bK2;received=2001:db8::2", "f: sip:a@b;tag=x", "t: sip:c@d;tag=y", "i: 1",
  "CSeq: 2 BYE", 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth,auth-int"', "Retry-After: 18 (I am in a meeting);duration=3600", "l: 0", "", "",
].join("\r\n");
const words = [
  "\r\n\r\n", "\r\n ", "SIP/2.0", "sip:", "sips:", "tel:+1", ";lr", ";tag=", ";branch=z9hG4bK", "Via: ", "Content-Length: ", "l:", "%00", "%", "\\\"", "<", ">", "[::1]", "@",
  "INVITE", "ACK", "CANCEL", "REGISTER", "Contact: *", "expires=", "Require: 100rel", "Max-Forwards: 0", "CSeq: 4294967296 INVITE", "\u00e9", "\u{1f4de}",
];

/** A message put together of parts, right and wrong ones. */
function grammar(random: Chance): string {
  const token = () => random.of(["a", "INVITE", "x-y.z", "%41", "", "🎈", "z9hG4bK", "127.0.0.1", "[::1]", "999", "\"q\\\"q\"", "<sip:a@b>", "sip:a@b;c=d?e=f"]);
  const parameters = () => Array.from({ length: random.below(4) }, () => `;${token()}${random.one(3) ? "" : `=${token()}`}`).join("");
  const name = () => random.of(["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Route", "Max-Forwards", "Content-Length", "Authorization", "Require", "Replaces", "v", "f", "t", "i", "m", "X"]);
  const value = () => `${random.of(["", "Digest ", "SIP/2.0/UDP ", "1 "])}${token()}${parameters()}${random.one(4) ? `,${token()}${parameters()}` : ""}`;
  const lines = Array.from({ length: random.below(14) }, () => `${name()}${random.one(9) ? " " : ""}:${random.one(5) ? "\r\n\t" : " "}${value()}`);
  const first = random.one(3) ? `SIP/2.0 ${random.below(1000)} ${token()}` : `${token()} ${random.of(["sip:a@b", "sips:b", "tel:1", "*", "http://x"])}${parameters()} SIP/2.0`;
  return `${[first, ...lines].join(random.one(10) ? "\n" : "\r\n")}\r\n\r\n${token()}`;
}

const seeds = [invite, response, ...tortureMessages()];

it("a message, whatever is in it, is parsed or refused, answered, and written again", async () => {
  const report = await fuzz({
    name: "sip-message", seeds, words, grammar,
    run(input) {
      const parsed = parseMessage(input);
      if (!parsed.ok) {
        const refusal = respondToFailure(parsed);
        if (refusal) serializeMessage(refusal);
        return parsed.reason;
      }
      const { message } = parsed;
      const opened = openEnvelope(message);
      let kinds = opened.ok ? "o" : "f";
      for (const [name] of message.headers) {
        for (const value of headerValues(message, name)) {
          const uri = parseSipUri(value);
          if (uri && parseSipUri(formatSipUri(uri)) === undefined) throw new Error("a URI that is written cannot be read");
          kinds += `${parseNameAddr(value) ? 1 : 0}${parseVia(value) ? 1 : 0}${uri ? 1 : 0}${parseAuth(value) ? 1 : 0}${parseReplaces(value) ? 1 : 0}`;
          splitList(value);
        }
      }
      const written = serializeMessage(message);
      // A message at the limit may pass it: names are written in full, each with a space behind it. By no more than that.
      const grows = 32 * (message.headers.length + 2);
      if (written.length > input.length + grows) throw new Error(`what was written is ${written.length - input.length} bytes longer`);
      const isRefused = (bytes: Uint8Array) => bytes.length <= LIMITS.messageBytes && !parseMessage(bytes).ok;
      if (isRefused(written)) throw new Error("what was written is refused");
      if (message.type === "request") {
        if (isRefused(serializeMessage(respondTo(message, 500, { toTag: "t" })))) throw new Error("our answer is refused");
      }
      return kinds.slice(0, 40);
    },
  });
  expect(report.outcomes).toBeGreaterThan(10);
}, 300_000);

it("a byte stream is cut into the same messages, however it arrives", async () => {
  await fuzz({
    name: "sip-framing", seeds: [bytesOf(invite + response), "\r\n\r\n", ...seeds], words, grammar,
    run(input) {
      const cut = (sizes: () => number) => {
        const framing = createStreamFraming();
        const frames: string[] = [];
        for (let at = 0; at < input.length;) {
          const end = Math.min(input.length, at + sizes());
          for (const frame of framing.push(input.subarray(at, end))) frames.push(frame.kind === "message" ? text(frame.bytes) : frame.kind);
          at = end;
        }
        return frames;
      };
      const whole = cut(() => input.length);
      let size = 0;
      const pieces = cut(() => 1 + (size = (size * 7 + 3) % 61));
      if (JSON.stringify(whole) !== JSON.stringify(pieces)) throw new Error("the stream was cut otherwise");
      if (whole.some((frame) => frame.length > LIMITS.messageBytes)) throw new Error("a message is larger than it may be");
      return whole.length;
    },
  });
}, 300_000);
