import { isIPv6 } from "node:net";

/**
 * An IPv4 address in its IPv6 form (RFC 4291 §2.5.5.2), as a socket of both families names it, as the IPv4 address it
 * is; any other address, as the system writes it, as it is.
 */
export const unmapped = (address: string): string => (address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address);

/** An address as the system writes it, however others do: IPv6 in the form of RFC 5952. What is no address stays as it is. */
export function plainAddress(address: string): string {
  if (!address.includes(":") || !isIPv6(address)) return address;
  const [bare = "", zone] = address.split("%");
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high !== undefined && low !== undefined) return [high, low].flatMap((hex) => Number.parseInt(hex, 16)).map((part) => `${part >> 8}.${part & 255}`).join(".");
  return zone === undefined ? canonical : `${canonical}%${zone}`;
}

/** Who has an IPv6 address has 2^64 of them: the network counts as one. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const plain = plainAddress(address.replace(/%.*$/, ""));
  if (!plain.includes(":")) return plain;
  const [head = "", tail = ""] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = plain.includes("::") ? Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0") : [];
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}
