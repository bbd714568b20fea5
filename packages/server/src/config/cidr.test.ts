import { describe, expect, it } from "vitest";
import { inCidr, isCidr } from "./cidr.ts";

describe("blocks of addresses", () => {
  it.each([
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["10.1.2.3", "10.9.9.9/8", true],
    ["192.168.1.5", "192.168.1.4/31", true],
    ["192.168.1.6", "192.168.1.4/31", false],
    ["203.0.113.7", "203.0.113.7", true],
    ["203.0.113.8", "203.0.113.7", false],
    ["203.0.113.8", "203.0.113.7/32", false],
    ["1.2.3.4", "0.0.0.0/0", true],
    ["2001:db8:1::5", "2001:db8::/32", true],
    ["2001:db9::5", "2001:db8::/32", false],
    ["::1", "::1", true],
    ["::2", "::1/128", false],
    ["::ffff:10.1.2.3", "10.0.0.0/8", true],
    ["::ffff:11.1.2.3", "10.0.0.0/8", false],
    ["fe80::1%eth0", "fe80::/10", true],
    ["::FFFF:10.1.2.3", "10.1.2.3", true],
    ["::ffff:a01:203", "10.0.0.0/8", true],
    ["2001:DB8:0:0:0:0:0:5", "2001:db8::5", true],
    ["1.2.3.4", "::/0", false],
    ["::ffff:1.2.3.4", "::/0", false],
    ["example.com", "0.0.0.0/0", false],
    ["", "0.0.0.0/0", false],
    ["1.2.3.4", "1.2.3.4/33", false],
    ["1.2.3.4", "nonsense", false],
  ])("%s in %s: %s", (address, cidr, expected) => expect(inCidr(address, cidr)).toBe(expected));

  it.each([
    ["10.0.0.0/8", true], ["10.0.0.1", true], ["::/0", true], ["2001:db8::/128", true], ["10.0.0.0/33", false], ["10.0.0.0/", false],
    ["10.0.0.0/-1", false], ["10.0.0.0/8/8", false], ["10.0.0/8", false], ["2001:db8::/129", false], ["host", false], ["", false],
  ])("%s is a block: %s", (cidr, expected) => expect(isCidr(cidr)).toBe(expected));
});
