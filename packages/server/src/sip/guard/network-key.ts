import { addressBytes } from "../stun/binding.ts";

/** What one customer has: an IPv4 address, or a network of IPv6 (RFC 6177: never less than a /64). */
export const networkKey = (host: string): string => (host.includes(":") ? Buffer.from(addressBytes(host).subarray(0, 8)).toString("hex") : host);
