import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { text, utf8 } from "../../base/index.ts";
import { contentOf } from "./multipart.ts";
import type { SipRequest } from "./message.ts";

const sdp = "v=0\r\ns=-\r\n";
const part = (content: string, ...head: readonly string[]) => ["--x", ...head, "", content].join("\r\n");
const request = (type: string, body: string, encoding?: string): SipRequest => ({
  type: "request", method: "INVITE", uri: "sip:us", body: utf8(body),
  headers: [["Content-Type", type], ...(encoding === undefined ? [] : [["Content-Encoding", encoding] as const])],
});
const found = (message: SipRequest) => {
  const content = contentOf(message, "application/sdp");
  return content && text(content);
};

const isup = part("\u0001\u0010binary", "Content-Type: application/isup;version=itu-t92+", "Content-Disposition: signal;handling=optional");

describe("the description in a body (RFC 5621 §3)", () => {
  it.each<[string, SipRequest, string | undefined]>([
    ["alone", request("Application/SDP; charset=utf-8", sdp), sdp],
    ["behind another part", request("multipart/mixed;boundary=x", `${isup}\r\n${part(sdp, "Content-Type: application/sdp")}\r\n--x--\r\n`), sdp],
    ["before another part", request('Multipart/Mixed; boundary="x"', `${part(sdp, "content-type:application/sdp;x=y")}\r\n${isup}\r\n--x--`), sdp],
    ["after a preamble", request("multipart/mixed; boundary=x", `nothing\r\n${part(sdp, "Content-Type: application/sdp")}\r\n--x--`), sdp],
    ["empty", request("multipart/mixed; boundary=x", `${part("", "Content-Type: application/sdp")}\r\n--x--`), ""],
    ["with other headers", request("multipart/mixed;boundary=x", `${part(sdp, "Content-ID: <1@x>", "Content-Type: application/sdp", "Content-Length: 3")}\r\n--x--`), sdp],
    ["not there", request("multipart/mixed;boundary=x", `${isup}\r\n--x--`), undefined],
    ["in a part without an end", request("multipart/mixed;boundary=x", part(sdp, "Content-Type: application/sdp")), undefined],
    ["of a part without headers", request("multipart/mixed;boundary=x", `--x\r\n\r\n${sdp}\r\n--x--`), undefined],
    ["without a boundary", request("multipart/mixed", `${part(sdp, "Content-Type: application/sdp")}\r\n--x--`), undefined],
    ["of another type", request("text/plain", sdp), undefined],
    ["that is packed", request("application/sdp", sdp, "gzip"), undefined],
    ["that says that it is not packed", request("application/sdp", sdp, "Identity"), sdp],
  ])("%s", (_, message, expected) => expect(found(message)).toBe(expected));

  it("is looked for in whatever comes, and never thrown about", () => {
    const pieces = fc.constantFrom("--x", "--x--", "\r\n", "\r\n\r\n", "Content-Type: application/sdp", "a", ":", "");
    fc.assert(fc.property(fc.array(pieces, { maxLength: 40 }), (body) => {
      const content = contentOf(request("multipart/mixed;boundary=x", body.join("")), "application/sdp");
      expect(content === undefined || content.length <= body.join("").length).toBe(true);
    }), { seed: 11 });
  });
});
