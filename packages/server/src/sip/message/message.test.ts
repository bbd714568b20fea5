import { describe, expect, it } from "vitest";
import { text, utf8 } from "../../base/index.ts";
import { parseCSeq } from "./cseq.ts";
import { openEnvelope } from "./envelope.ts";
import { header, headerValues, type SipMessage, type SipRequest, withHeader, withoutHeader } from "./message.ts";
import { formatNameAddr, parseNameAddr } from "./name-addr.ts";
import { splitList } from "./params.ts";
import { LIMITS, parseMessage } from "./parse.ts";
import { respondTo, respondToFailure } from "./respond.ts";
import { serializeMessage } from "./serialize.ts";
import { createStreamFraming } from "./stream-framing.ts";
import { escapeUser, formatSipUri, parseSipUri, sameSipUri, unescape, uriScheme } from "./uri.ts";
import { formatVia, parseVia, uniqueBranch } from "./via.ts";

const lines = (...all: string[]) => utf8(all.join("\r\n"));
const invite = lines(
  "INVITE sip:bob@example.com SIP/2.0",
  "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1, SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bK2",
  "FROM: \"A, B\" <sip:alice@example.com>;tag=1",
  "to: sip:bob@example.com",
  "i: call-1",
  "cSEQ: 7 INVITE",
  "Subject: one",
  "  two",
  "\tthree",
  "X-Custom: a, b",
  "Contact: <sip:alice@192.0.2.1>, \"x,y\" <sip:alice,1@192.0.2.2>",
  "c: text/plain",
  "l: 4",
  "",
  "bodyand what a datagram may have behind it",
);

function parsed(bytes: Uint8Array): SipMessage {
  const result = parseMessage(bytes);
  if (!result.ok) throw new Error(result.reason);
  return result.message;
}

describe("parseMessage", () => {
  it("takes what is not UTF-8 for as many characters at most, so that an answer that repeats it does not grow", () => {
    const [before, after] = [utf8("INVITE sip:b@h SIP/2.0\r\nFrom: \"M"), utf8("ller\" <sip:a@h>;tag=1\r\n\r\n")];
    const parsed = parseMessage(Buffer.concat([before, Buffer.from([0xfc]), after]));
    expect(parsed.ok && header(parsed.message, "From")).toBe('"M_ller" <sip:a@h>;tag=1');
    const right = parseMessage(Buffer.concat([before, utf8("ü"), after]));
    expect(right.ok && header(right.message, "From")).toBe('"Müller" <sip:a@h>;tag=1');
  });

  it("reads a request with compact forms, folded lines and bytes behind the body", () => {
    const message = parsed(invite);
    expect(message).toMatchObject({ type: "request", method: "INVITE", uri: "sip:bob@example.com" });
    expect(text(message.body)).toBe("body");
    expect(header(message, "subject")).toBe("one two three");
    expect(header(message, "Call-ID")).toBe("call-1");
    expect(headerValues(message, "x-custom")).toEqual(["a, b"]);
    expect(headerValues(message, "m")).toEqual(["<sip:alice@192.0.2.1>", "\"x,y\" <sip:alice,1@192.0.2.2>"]);
    expect(headerValues(message, "Via").map((via) => parseVia(via)?.host)).toEqual(["192.0.2.1", "2001:db8::1"]);
  });

  it("survives being cut at every length, with a failure as long as something is missing", () => {
    const whole = invite.length - "and what a datagram may have behind it".length;
    for (let length = 0; length < whole; length++) expect(parseMessage(invite.subarray(0, length)).ok).toBe(false);
    expect(parseMessage(invite.subarray(0, whole)).ok).toBe(true);
  });

  it.each<[string, Uint8Array, string, number | undefined]>([
    ["nothing", new Uint8Array(0), "not_sip", undefined],
    ["noise", new Uint8Array([0xff, 0xfe, 0, 1, 2]), "not_sip", undefined],
    ["HTTP", lines("GET / HTTP/1.1", "Host: x", "", ""), "not_sip", undefined],
    ["another version", lines("OPTIONS sip:a@b SIP/3.0", "Via: SIP/3.0/UDP h", "", ""), "bad_version", 505],
    ["a header without a colon", lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h", "nonsense", "", ""), "bad_header_line", 400],
    ["a header without a name", lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h", ": x", "", ""), "bad_header_line", 400],
    ["a lone line feed", lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h", "Subject: a\nX: b", "", ""), "bad_header_line", 400],
    ["no end of headers", lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h"), "incomplete", 400],
    ["a Content-Length that is no number", lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h", "l: 1x", "", "b"), "bad_content_length", 400],
    ["two Content-Lengths", lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h", "l: 1", "l: 1", "", "b"), "bad_content_length", 400],
    ["a body that is too short", lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h", "l: 2", "", "b"), "body_truncated", 400],
    ["a broken ACK", lines("ACK sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h", "l: 2", "", "b"), "body_truncated", undefined],
    ["a broken response", lines("SIP/2.0 200 OK", "Via: SIP/2.0/UDP h", "l: 2", "", "b"), "body_truncated", undefined],
    ["too many headers", lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h", ...Array.from({ length: LIMITS.headers }, () => "X: y"), "", ""), "too_many_headers", 400],
    ["too many bytes", new Uint8Array(LIMITS.messageBytes + 1), "too_large", undefined],
  ])("fails on %s", (_, bytes, reason, status) => {
    const result = parseMessage(bytes);
    expect(result).toMatchObject({ ok: false, reason });
    expect(result.ok ? undefined : respondToFailure(result)?.status).toBe(status);
  });

  it("asks for a Content-Length on a stream", () => {
    const bytes = lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/TCP h", "", "");
    expect(parseMessage(bytes).ok).toBe(true);
    expect(parseMessage(bytes, "stream")).toMatchObject({ ok: false, reason: "missing_content_length", status: 400 });
  });
});

describe("serializeMessage", () => {
  it("writes what parseMessage reads, with the Content-Length of the body", () => {
    const message = parsed(invite);
    const bytes = serializeMessage({ ...message, body: utf8("größer") });
    expect(text(bytes)).toMatch(/Content-Length: 8\r\n\r\ngrößer$/);
    expect(parsed(bytes)).toMatchObject({ method: "INVITE" });
  });

  it("never lets a value begin another line", () => {
    const bytes = serializeMessage({ type: "response", status: 200, reason: "a\r\nb", headers: [["Subject", "x\r\nVia: evil\nmore"]], body: new Uint8Array(0) });
    expect(text(bytes)).toBe("SIP/2.0 200 a b\r\nSubject: x Via: evil more\r\nContent-Length: 0\r\n\r\n");
  });
});

describe("openEnvelope", () => {
  const options = (change: (request: SipRequest) => SipRequest) => {
    const message = parsed(lines("OPTIONS sip:a@b SIP/2.0", "Via: SIP/2.0/UDP h;branch=z9hG4bKx", "From: <sip:c@d>;tag=1",
      "To: <sip:a@b>", "Call-ID: 1", "CSeq: 1 OPTIONS", "Max-Forwards: 70", "", ""));
    if (message.type !== "request") throw new Error();
    return openEnvelope(change(message));
  };
  const having = (name: string, value: string) => (request: SipRequest) => ({ ...request, headers: withHeader(request.headers, name, value) });

  it("reads what routing needs", () => {
    expect(options((request) => request)).toMatchObject({
      ok: true, envelope: { via: { host: "h" }, callId: "1", cseq: { number: 1, method: "OPTIONS" }, fromTag: "1", toTag: undefined },
    });
  });

  it.each<[string, (request: SipRequest) => SipRequest, string]>([
    ...["Via", "From", "To", "Call-ID", "CSeq"].map((name): [string, (request: SipRequest) => SipRequest, string] =>
      [`no ${name}`, (request) => ({ ...request, headers: withoutHeader(request.headers, name) }), name]),
    ["two From", (request) => ({ ...request, headers: [...request.headers, ["From", "<sip:x@y>;tag=2"]] }), "From"],
    ["a CSeq of another method", having("CSeq", "1 INVITE"), "CSeq"],
    ["a CSeq of 2^31", having("CSeq", "2147483648 OPTIONS"), "CSeq"],
    ["256 hops", having("Max-Forwards", "256"), "Max-Forwards"],
    ["a malformed Request-URI", (request) => ({ ...request, uri: "sip:a@b@c" }), "Request-URI"],
    ["headers in the Request-URI", (request) => ({ ...request, uri: "sip:a@b?Route=x" }), "Request-URI"],
    ["a malformed Contact", having("Contact", "<sip:a"), "Contact"],
    ["a malformed Record-Route", having("Record-Route", "p1"), "Record-Route"],
  ])("says what is wrong: %s", (_, change, where) => {
    expect(options(change)).toEqual({ ok: false, flaw: { status: 400, where } });
  });
});

describe("responses", () => {
  it("copy Via, From, To with a tag, Call-ID and CSeq of the request (RFC 3261 §8.2.6.2)", () => {
    const response = respondTo(parsed(invite), 404, { toTag: "t" });
    expect(response).toMatchObject({ status: 404, reason: "Not Found" });
    expect(response.headers.map(([name]) => name)).toEqual(["Via", "From", "To", "Call-ID", "CSeq"]);
    expect(header(response, "To")).toBe("sip:bob@example.com;tag=t");
    expect(header(respondTo(parsed(invite), 100, { toTag: "t" }), "To")).toBe("sip:bob@example.com");
  });
});

describe("URIs", () => {
  it.each([
    ["sip:alice@example.com", { scheme: "sip", user: "alice", host: "example.com", params: [] }],
    ["SIPS:alice:pw@EXAMPLE.com:5061;transport=tcp;lr", { scheme: "sips", user: "alice", password: "pw", host: "example.com", port: 5061, params: [["transport", "tcp"], ["lr", undefined]] }],
    ["sip:+1-212-555-1212:1234@gateway.com;user=phone", { user: "+1-212-555-1212", password: "1234", params: [["user", "phone"]] }],
    ["sip:[2001:db8::10]:5070;ttl=1", { host: "2001:db8::10", port: 5070 }],
    ["sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", { host: "atlanta.com", headers: "to=alice%40atlanta.com" }],
    ["sip:*31#123@example.com", { user: "*31#123" }],
  ])("parse and format: %s", (uri, expected) => {
    const read = parseSipUri(uri)!;
    expect(read).toMatchObject(expected);
    expect(parseSipUri(formatSipUri(read))).toEqual(read);
  });

  it.each(["", "sip:", "sip:a@", "alice@example.com", "sip:a b@c", "sip:a@b:99999", "sip:a@b;;x", "sip:a@b@c", "sip:a@[::1", "tel:+1", "sip:a@b\r\nX: y"])(
    "refuse %j", (uri) => expect(parseSipUri(uri)).toBeUndefined());

  // RFC 3261 §19.1.4
  it.each<[string, string, boolean]>([
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false],
    ["SIP:ALICE@AtLanTa.CoM", "sip:alice@AtLanTa.CoM", false],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false],
    ["sip:carol@chicago.com", "sips:carol@chicago.com", false],
  ])("compare %s and %s: %s", (a, b, same) => {
    expect(sameSipUri(parseSipUri(a)!, parseSipUri(b)!)).toBe(same);
    expect(sameSipUri(parseSipUri(b)!, parseSipUri(a)!)).toBe(same);
  });

  it("escape what a user part may not hold, and back", () => {
    for (const user of ["a b", "größe", "50%", "a@b:c", "日本"]) {
      expect(parseSipUri(`sip:${escapeUser(user)}@h`)?.user).toBe(escapeUser(user));
      expect(unescape(escapeUser(user))).toBe(user);
    }
    expect(unescape("%ff%zz")).toBe("%ff%zz");
    expect(uriScheme("TEL:+1-201-555-0123")).toBe("tel");
    expect(uriScheme("sip:@")).toBeUndefined();
  });
});

describe("addresses, Via and CSeq", () => {
  it.each<[string, object | undefined]>([
    ['"A \\"B\\"" <sip:a@b;x=y>;tag=1', { displayName: 'A "B"', uri: "sip:a@b;x=y", params: [["tag", "1"]] }],
    ["Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", { displayName: "Anonymous", params: [["tag", "hyh8"]] }],
    ["sip:+12125551212@phone2net.com;tag=887s", { uri: "sip:+12125551212@phone2net.com", params: [["tag", "887s"]] }],
    ["<tel:+12>", { uri: "tel:+12", params: [] }],
    ['"" <sip:a@b>', { uri: "sip:a@b", params: [] }],
    ["A, B <sip:a@b>", undefined], ["<sip:a@b", undefined], ['"A <sip:a@b>', undefined], ["sip:a@b?x=y", undefined],
    ["<sip:a@b>;", undefined], ["<sip:a@b>;;", undefined], ["< sip:a@b>", undefined], ["bob", undefined], ["", undefined],
  ])("name-addr %j", (value, expected) => {
    const read = parseNameAddr(value);
    if (!expected) return expect(read).toBeUndefined();
    expect(read).toMatchObject(expected);
    return expect(parseNameAddr(formatNameAddr(read!))).toEqual(read);
  });

  it.each<[string, object | undefined]>([
    ["SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport", { transport: "UDP", host: "192.0.2.1", port: 5060, params: [["branch", "z9hG4bKa"], ["rport", undefined]] }],
    ["SIP / 2.0 / tcp first.example.com : 4000 ;ttl=16 ; maddr=224.2.0.1", { transport: "TCP", host: "first.example.com", port: 4000 }],
    ["SIP/2.0/UDP [::1]:5060;received=::1", { host: "::1", params: [["received", "::1"]] }],
    ["SIP/2.0/UDP", undefined], ["SIP/2.0/UDP h;", undefined], ["SIP/2.0/UDP h:99999", undefined], ["HTTP/1.1/TCP h", undefined],
  ])("Via %j", (value, expected) => {
    const read = parseVia(value);
    if (!expected) return expect(read).toBeUndefined();
    expect(read).toMatchObject(expected);
    return expect(parseVia(formatVia(read!))).toEqual(read);
  });

  it("knows a branch that identifies a transaction from one that does not", () => {
    const branch = (value: string) => uniqueBranch(parseVia(`SIP/2.0/UDP h;branch=${value}`)!);
    expect([branch("z9hG4bKx"), branch("Z9HG4BKx"), branch("z9hG4bK"), branch("1234")]).toEqual(["z9hG4bKx", "Z9HG4BKx", undefined, undefined]);
  });

  it("CSeq", () => {
    expect(parseCSeq("0009  INVITE")).toEqual({ number: 9, method: "INVITE" });
    for (const bad of ["", "INVITE", "-1 INVITE", "1", "2147483648 INVITE", "1 IN VITE"]) expect(parseCSeq(bad)).toBeUndefined();
  });

  it("splits lists at commas outside of quotes and brackets", () => {
    expect(splitList('"a,\\"b" <sip:x,y@z> , c,,d')).toEqual(['"a,\\"b" <sip:x,y@z>', "c", "d"]);
  });
});

describe("stream framing", () => {
  const message = lines("OPTIONS sip:a@b SIP/2.0", "Subject: l: 7", "Content-Length: 4", "", "body");
  const twice = Buffer.concat([utf8("\r\n"), message, utf8("\r\n\r\n"), message]);

  it.each([1, 2, 3, 7, 50, 1000])("cuts a stream that comes in pieces of %i bytes", (size) => {
    const framing = createStreamFraming();
    const frames = [];
    for (let at = 0; at < twice.length; at += size) frames.push(...framing.push(twice.subarray(at, at + size)));
    expect(frames.map(({ kind }) => kind)).toEqual(["message", "ping", "message"]);
    expect(frames.flatMap((frame) => (frame.kind === "message" ? [text(frame.bytes)] : []))).toEqual([text(message), text(message)]);
  });

  it.each([
    ["has no Content-Length", lines("OPTIONS sip:a@b SIP/2.0", "", "")],
    ["has two that differ", lines("OPTIONS sip:a@b SIP/2.0", "l: 1", "Content-Length: 2", "", "")],
    ["announces too large a body", lines("OPTIONS sip:a@b SIP/2.0", "l: 70000", "", "")],
    ["never ends its headers", new Uint8Array(LIMITS.messageBytes + 1).fill(0x41)],
  ])("breaks off when a message %s", (_, bytes) => {
    const framing = createStreamFraming();
    expect(framing.push(bytes).map(({ kind }) => kind)).toEqual(["broken"]);
    expect(framing.push(message)).toEqual([]);
  });
});
