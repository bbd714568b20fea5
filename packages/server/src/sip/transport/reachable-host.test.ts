import { describe, expect, it, vi } from "vitest";
import { reachableHost, toldHost } from "./reachable-host.ts";

const address = (family: "IPv4" | "IPv6", cidr: string, internal = false) => {
  const [own = ""] = cidr.split("/");
  return family === "IPv4"
    ? { family, address: own, netmask: "", mac: "", internal, cidr } as const
    : { family, address: own, netmask: "", mac: "", internal, cidr, scopeid: 0 } as const;
};
const interfaces = {
  lo: [address("IPv4", "127.0.0.1/8", true), address("IPv6", "::1/128", true)],
  eth0: [address("IPv4", "203.0.113.7/24"), address("IPv6", "fe80::7/64"), address("IPv6", "2001:db8::7/64")],
  eth1: [address("IPv4", "10.1.0.7/16")],
};

describe("the address by which a peer reaches us", () => {
  it.each([
    ["192.0.2.1", "10.1.2.3", "192.0.2.1"],
    ["0.0.0.0", "127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "127.8.8.8", "127.0.0.1"],
    ["0.0.0.0", "10.1.200.3", "10.1.0.7"],
    ["0.0.0.0", "203.0.113.99", "203.0.113.7"],
    ["0.0.0.0", "198.51.100.1", "203.0.113.7"],
    ["0.0.0.0", "sip.example.com", "203.0.113.7"],
    ["::", "10.1.200.3", "10.1.0.7"],
    ["::", "2001:db8::99", "2001:db8::7"],
    ["::", "::1", "::1"],
    ["::", "2001:db8:1::1", "2001:db8::7"],
    ["::", "sip.example.com", "2001:db8::7"],
  ])("listening at %s, for %s: %s", (listening, peer, expected) => expect(reachableHost(listening, peer, () => interfaces)).toBe(expected));

  it("is not looked for where one address is listened at", () => {
    const interfaces = vi.fn(() => ({}));
    expect(reachableHost("192.0.2.1", "10.1.2.3", interfaces)).toBe("192.0.2.1");
    expect(interfaces).not.toHaveBeenCalled();
  });

  it("without any network is this machine", () => {
    expect(reachableHost("0.0.0.0", "198.51.100.1", () => ({}))).toBe("127.0.0.1");
    expect(reachableHost("::", "2001:db8::1", () => ({}))).toBe("::1");
  });
});

describe("the address that is told to a peer", () => {
  it.each([
    ["is what is advertised", "198.51.100.7", "0.0.0.0", "203.0.113.9", "198.51.100.7"],
    ["is a name that is advertised", "sip.example.com", "::", "::1", "sip.example.com"],
    ["is what is advertised where both are of one family", "198.51.100.7", "::", "127.0.0.1", "198.51.100.7"],
    ["is its own family's, where only the other one is advertised", "198.51.100.7", "::", "::1", "::1"],
    ["is its own family's, where only the other one is advertised", "2001:db8::7", "::", "127.0.0.1", "127.0.0.1"],
    ["is what is advertised, where there is nothing else", "198.51.100.7", "10.0.0.7", "2001:db8::1", "198.51.100.7"],
  ])("%s", (_, advertised, listening, peer, told) => expect(toldHost(advertised, listening, peer)).toBe(told));
});
