import { isIPv6 } from "node:net";

/** Who has an IPv6 address has 2^64 of them: the network counts as one. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const plain = address.replace(/%.*$/, "").toLowerCase();
  const [, mapped] = /^::ffff:([0-9.]+)$/.exec(plain) ?? [];
  if (mapped !== undefined) return mapped;
  const [head = "", tail = ""] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const zeros = plain.includes("::") ? Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0") : [];
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}
