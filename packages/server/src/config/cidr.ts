import { BlockList, isIP } from "node:net";
import { plainAddress } from "../base/index.ts";

/** Is it an IPv4 or IPv6 address, or a block of them such as `10.0.0.0/8` or `2001:db8::/32`? */
export function isCidr(text: string): boolean {
  return parseCidr(text) !== undefined;
}

/**
 * Does the address lie in the block? A block without a prefix is one address. An IPv4-mapped IPv6 address
 * (RFC 4291 §2.5.5.2) counts as the IPv4 address it carries: that is how a dual-stack socket names IPv4 peers.
 * False for anything that is no address or no block.
 */
export function inCidr(address: string, cidr: string): boolean {
  const block = parseCidr(cidr);
  const plain = plainAddress(address.replace(/%.*$/, ""));
  const family = familyOf(plain);
  if (block === undefined || family !== block.family) return false;
  const list = new BlockList();
  list.addSubnet(block.address, block.prefix, block.family);
  return list.check(plain, block.family);
}

interface Block {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

function parseCidr(text: string): Block | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const family = familyOf(address);
  if (family === undefined || rest.length > 0) return undefined;
  const longest = family === "ipv4" ? 32 : 128;
  if (length === undefined) return { address, prefix: longest, family };
  if (!/^[0-9]{1,3}$/.test(length) || Number(length) > longest) return undefined;
  return { address, prefix: Number(length), family };
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? "ipv4" : "ipv6";
}
