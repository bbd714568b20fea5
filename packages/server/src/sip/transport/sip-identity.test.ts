import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { server } from "./certificates.test.data.ts";
import { isMadeOutTo } from "./sip-identity.ts";

const real = new X509Certificate(server.cert).toLegacyObject();
const madeOut = (subjectaltname: string | undefined, commonName = "common.example") => {
  const { subjectaltname: _, ...rest } = real;
  const names = subjectaltname === undefined ? {} : { subjectaltname };
  return { ...rest, subject: { ...real.subject, CN: commonName }, ...names };
};

describe("whom a certificate speaks for (RFC 5922 §7.1)", () => {
  it.each([
    ["a sip URI", "URI:sip:example.com", "example.com", true],
    ["in whatever case", "URI:sip:Example.COM", "EXAMPLE.com", true],
    ["one of several", "DNS:a.example, URI:sip:example.com, IP Address:192.0.2.1", "example.com", true],
    ["a DNS name", "DNS:example.com", "example.com", true],
    ["a wildcard, one label deep", "DNS:*.example.com", "pstn.example.com", true],
    ["a wildcard is not the domain itself", "DNS:*.example.com", "example.com", false],
    ["an address", "IP Address:192.0.2.1", "192.0.2.1", true],
    ["an IPv6 address, however it is written", "IP Address:2001:DB8:0:0:0:0:0:1", "2001:db8::1", true],
    ["another address", "IP Address:192.0.2.1", "192.0.2.2", false],
    ["a URI with a user speaks for nobody else", "URI:sip:alice@example.com", "example.com", false],
    ["a web site is no SIP domain", "URI:https://example.com", "example.com", false],
    ["a subdomain is another one", "URI:sip:example.com", "sip.example.com", false],
    ["text that looks like a list", 'DNS:"x, URI:sip:example.com, y"', "example.com", false],
    ["the common name, where nothing else is", undefined, "common.example", true],
    ["not the common name beside a DNS name", "DNS:example.com", "common.example", false],
  ])("%s", (_, names, asked, expected) => expect(isMadeOutTo(asked, madeOut(names))).toBe(expected));

  it("reads a certificate as it is", () => {
    for (const name of ["localhost", "sip.example.test", "example.test", "127.0.0.1"]) expect(isMadeOutTo(name, real)).toBe(true);
    expect(isMadeOutTo("client.example.test", real)).toBe(false);
  });
});
