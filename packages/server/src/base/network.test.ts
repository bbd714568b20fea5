import { expect, it } from "vitest";
import { networkOf, plainAddress, unmapped } from "./network.ts";

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:c000:0207", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:DB8:1:2::6", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["::1", "0:0:0:0"],
])("%s is counted as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::ffff:c000:0207", "192.0.2.7"],
  ["0:0:0:0:0:ffff:10.0.0.255", "10.0.0.255"],
  ["FE80::1%eth0", "fe80::1%eth0"],
  ["::", "::"],
  ["example.com", "example.com"],
  ["a:b", "a:b"],
])("%s is the address %s", (address, plain) => expect(plainAddress(address)).toBe(plain));

it("takes an IPv4 address out of the form that sockets give it, and leaves all others", () => {
  expect(["::ffff:127.0.0.1", "::1", "127.0.0.1"].map(unmapped)).toEqual(["127.0.0.1", "::1", "127.0.0.1"]);
});
