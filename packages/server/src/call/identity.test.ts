import { describe, expect, it } from "vitest";
import type { SipRequest } from "../sip/index.ts";
import { calledOf, callerOf, partyOfUri } from "./identity.ts";

const request = (uri: string, headers: SipRequest["headers"]): SipRequest => ({
  type: "request",
  method: "INVITE",
  uri,
  headers,
  body: new Uint8Array(0),
});

describe("partyOfUri", () => {
  it.each([
    ["sip:+14155552671@gw.example.com;user=phone", "14155552671"],
    ["sip:alice@example.com", "alice"],
    ["tel:+1-415-555-2671;ext=3", "14155552671"],
    ["sip:example.com", ""],
    ["mailto:alice@example.com", ""],
    ["", ""],
  ])("%s: %s", (uri, expected) => {
    expect(partyOfUri(uri)).toBe(expected);
  });
});

describe("callerOf", () => {
  const from = ["From", '"A" <sip:anonymous@anonymous.invalid>;tag=1'] as const;
  const asserted = ["P-Asserted-Identity", '"A" <sip:+918068921234@gw>, <tel:+918068921234>'] as const;
  it("believes a trusted sender's assertion before From", () => {
    expect(callerOf(request("sip:1@h", [from, asserted]), true)).toBe("918068921234");
  });
  it("does not believe the assertion of anybody else", () => {
    expect(callerOf(request("sip:1@h", [from, asserted]), false)).toBe("anonymous");
  });
  it("takes From where nothing is asserted, and nothing for what is malformed", () => {
    expect(callerOf(request("sip:1@h", [from]), true)).toBe("anonymous");
    expect(callerOf(request("sip:1@h", [["From", "<<>>"]]), true)).toBe("");
  });
});

describe("calledOf", () => {
  const to = ["To", "<sip:+918000@gw>"] as const;
  it.each([
    ["the Request-URI", "sip:918001@us", undefined, "918001"],
    ["To, when the Request-URI is our registered contact", "sip:acct@us", "acct", "918000"],
    ["To, when the Request-URI names nobody", "sip:us", undefined, "918000"],
  ])("is %s", (_, uri, own, expected) => {
    expect(calledOf(request(uri, [to]), own)).toBe(expected);
  });
  it("is our own name when nothing else is said", () => {
    expect(calledOf(request("sip:acct@us", [["To", "<sip:us>"]]), "acct")).toBe("acct");
  });
});
