import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/index.ts";
import { openEnvelope } from "./envelope.ts";
import { header, headerValues, type SipMessage } from "./message.ts";
import { parseNameAddr } from "./name-addr.ts";
import { parseMessage } from "./parse.ts";
import { respondTo, respondToFailure } from "./respond.ts";
import { serializeMessage } from "./serialize.ts";
import { createStreamFraming } from "./stream-framing.ts";
import { parseSipUri } from "./uri.ts";
import { parseVia } from "./via.ts";

const seed = { seed: 20261122 };

const seeds = [
  "INVITE sip:bob@example.com;transport=tcp SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r\n" +
  "Max-Forwards: 70\r\nFrom: \"Alice\" <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: a@b\r\n" +
  "CSeq: 1 INVITE\r\nContact: <sip:alice@192.0.2.1>\r\nRecord-Route: <sip:p1;lr>, <sip:p2;lr>\r\nContent-Type: application/sdp\r\n" +
  "Content-Length: 5\r\n\r\nv=0\r\n",
  "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bK2;received=2001:db8::2\r\nf: sip:a@b;tag=x\r\n" +
  "t: sip:c@d;tag=y\r\ni: 1\r\nCSeq: 2 BYE\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\nl: 0\r\n\r\n",
];

const mutation = fc.tuple(fc.nat(), fc.constantFrom("set", "insert", "delete", "repeat"), fc.nat(255), fc.nat(40));

function mutate(text: string, mutations: readonly (readonly [number, string, number, number])[]): Uint8Array {
  let bytes = [...utf8(text)];
  for (const [position, kind, value, length] of mutations) {
    const at = position % (bytes.length + 1);
    if (kind === "set") bytes[at] = value;
    else if (kind === "insert") bytes.splice(at, 0, value);
    else if (kind === "delete") bytes.splice(at, length);
    else bytes = [...bytes.slice(0, at), ...bytes.slice(Math.max(0, at - length))];
  }
  return Uint8Array.from(bytes);
}

/** Everything that is done with a message that came from the network. */
function handle(bytes: Uint8Array): void {
  createStreamFraming().push(bytes);
  const parsed = parseMessage(bytes);
  if (!parsed.ok) {
    const response = respondToFailure(parsed);
    if (response) serializeMessage(response);
    return;
  }
  openEnvelope(parsed.message);
  for (const [name] of parsed.message.headers) {
    for (const value of headerValues(parsed.message, name)) {
      parseNameAddr(value);
      parseVia(value);
      parseSipUri(value);
    }
  }
  if (parsed.message.type === "request") serializeMessage(respondTo(parsed.message, 500, { toTag: "t" }));
}

describe("whatever comes from the network", () => {
  it("as a mutated message never throws", () => {
    fc.assert(fc.property(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 1, maxLength: 8 }), (text, mutations) => {
      handle(mutate(text, mutations));
    }), { ...seed, numRuns: 3000 });
  });

  it("as any bytes never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), handle), { ...seed, numRuns: 1000 });
  });

  it("that parses is written so that it parses to the same", () => {
    fc.assert(fc.property(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 5 }), (text, mutations) => {
      const first = parseMessage(mutate(text, mutations));
      if (!first.ok) return;
      const again = parseMessage(serializeMessage(first.message));
      expect(again.ok && comparable(again.message)).toEqual(comparable(first.message));
    }), { ...seed, numRuns: 2000 });
  });
});

const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+~-]{1,20}$/);
const value = fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => text.replace(/\p{C}/gu, "").trim());

it("any message round-trips through its bytes", () => {
  const message: fc.Arbitrary<SipMessage> = fc.record({
    type: fc.constant("request" as const),
    method: token,
    uri: fc.stringMatching(/^sip:[a-z0-9]{1,10}@[a-z]{1,10}(;[a-z]{1,5}=[a-z]{1,5}){0,2}$/),
    headers: fc.array(fc.tuple(token.map((name) => `X-${name}`), value), { maxLength: 30 }),
    body: fc.uint8Array({ maxLength: 200 }),
  });
  fc.assert(fc.property(message, (message) => {
    const parsed = parseMessage(serializeMessage(message));
    expect(parsed.ok && comparable(parsed.message)).toEqual(comparable(message));
    for (const [name] of message.headers) expect(parsed.ok && header(parsed.message, name.toUpperCase())).toBeDefined();
  }), { ...seed, numRuns: 500 });
});

const comparable = (message: SipMessage) => ({
  ...message, body: [...message.body], headers: message.headers.filter(([name]) => name !== "Content-Length"),
});
