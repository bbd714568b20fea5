import { describe, expect, it } from "vitest";
import { addressPolicy } from "./address-policy.ts";

const strict = addressPolicy({ allowPrivate: false });
const open = addressPolicy({ allowPrivate: true });

describe("address policy", () => {
  it.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"])("%s is public", (address) => {
    expect([strict.permits("h", address), open.permits("h", address)]).toEqual([true, true]);
  });

  it.each([
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1", "fc00::1", "fd12:3456::1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "0:0:0:0:0:ffff:c0a8:0101",
  ])("%s is private", (address) => {
    expect([strict.permits("h", address), open.permits("h", address)]).toEqual([false, true]);
  });

  it.each([
    "0.0.0.0", "169.254.169.254", "192.0.0.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::2",
    "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1", "fe80::1%eth0", "ff02::1", "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1", "2001:db8::1", "no address",
  ])("%s is never reached", (address) => {
    expect([strict.permits("h", address), open.permits("h", address)]).toEqual([false, false]);
  });

  it("permits what is listed: hosts, addresses, blocks", () => {
    const listed = addressPolicy({ allowPrivate: false, allow: ["Media.Local", "10.1.0.0/16", "169.254.1.1", "fd00::/8"] });
    expect(listed.permits("media.local", "10.9.9.9")).toBe(true);
    expect(listed.permits("other.local", "10.9.9.9")).toBe(false);
    expect(listed.permits("x", "10.1.200.3")).toBe(true);
    expect(listed.permits("x", "::ffff:10.1.200.3")).toBe(true);
    expect(listed.permits("x", "169.254.1.1")).toBe(true);
    expect(listed.permits("x", "169.254.1.2")).toBe(false);
    expect(listed.permits("x", "fd00::99")).toBe(true);
  });

  it.each(["10.0.0.0/33", "10.0.0.0/x", "fd00::/129", "name/8"])("refuses the entry %s", (entry) => {
    expect(() => addressPolicy({ allowPrivate: false, allow: [entry] })).toThrow(expect.objectContaining({ code: "bad_configuration" }));
  });
});
