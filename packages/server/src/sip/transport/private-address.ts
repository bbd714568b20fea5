import { BlockList, isIPv4, isIPv6 } from "node:net";

const ranges = new BlockList();
for (const [network, prefix] of [["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12], ["192.168.0.0", 16]] as const) {
  ranges.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [["fc00::", 7], ["fe80::", 10], ["::1", 128]] as const) ranges.addSubnet(network, prefix, "ipv6");

/** An address that means something only within its own network (RFC 1918, 6598, 4193, loopback and link-local). */
export function isPrivate(host: string): boolean {
  if (isIPv4(host)) return ranges.check(host, "ipv4");
  return isIPv6(host) && ranges.check(host, "ipv6");
}
