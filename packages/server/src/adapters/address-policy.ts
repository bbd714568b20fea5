import { BlockList, isIP, isIPv6 } from "node:net";
import { plainAddress, PiopiyError } from "../base/index.ts";

export interface AddressPolicyOptions {
  /** Whether this machine and private networks may be reached: while the server itself listens on loopback only. */
  readonly allowPrivate: boolean;
  /** Host names, addresses and CIDR blocks that may be reached in any case. */
  readonly allow?: readonly string[];
}

export interface AddressPolicy {
  /** Whether `address`, to which `host` was resolved, may be connected to. */
  permits(host: string, address: string): boolean;
}

// The IANA special-purpose registries (RFC 6890 and its updates): what is not reachable as a public host.
const privateBlocks = blocks([
  "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7",
]);
const neverPublic = blocks([
  "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
  "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
  // Among these: IPv4 in disguise (compatible, translated, NAT64, Teredo, 6to4), whose inner address nobody checks.
  "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
  "3fff::/20", "5f00::/16", "fe80::/10", "fec0::/10", "ff00::/8",
]);

/** Which addresses the server may fetch from. A wrong entry of `allow` fails with `bad_configuration`. */
export function addressPolicy({ allowPrivate, allow = [] }: AddressPolicyOptions): AddressPolicy {
  const isBlock = (entry: string) => entry.includes("/") || isIP(entry) !== 0;
  const listed = blocks(allow.filter(isBlock));
  const hosts = new Set(allow.filter((entry) => !isBlock(entry)).map((host) => host.toLowerCase()));
  return {
    permits(host, address) {
      if (hosts.has(host.toLowerCase())) return true;
      // `::ffff:127.0.0.1` is 127.0.0.1, whichever way it is written.
      const plain = plainAddress(address.split("%")[0] ?? address);
      if (contains(listed, plain)) return true;
      // Loopback `::1` lies within the forbidden `::/96`: the private blocks are asked first.
      if (contains(privateBlocks, plain)) return allowPrivate;
      return isIP(plain) !== 0 && !contains(neverPublic, plain);
    },
  };
}

function blocks(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [network = "", prefix] = entry.split("/");
    const version = isIP(network);
    const most = version === 6 ? 128 : 32;
    const length = prefix === undefined ? most : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (version === 0 || length < 0 || length > most) {
      throw new PiopiyError("bad_configuration", "An entry of the allowed addresses is neither a host name nor an address nor a CIDR block.");
    }
    list.addSubnet(network, length, version === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

const contains = (list: BlockList, address: string) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
