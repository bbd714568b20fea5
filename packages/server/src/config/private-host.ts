import { inCidr } from "./cidr.ts";

const LOOPBACK = ["127.0.0.0/8", "::1"] as const;
const PRIVATE = [...LOOPBACK, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"] as const;

/** Is it this machine, by name or by address? Names are not looked up. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === "localhost" || LOOPBACK.some((block) => inCidr(host, block));
}

/** Is it this machine or an address of a private network (RFC 1918, RFC 4193, link-local)? Names are not looked up. */
export function isPrivateHost(host: string): boolean {
  return isLoopbackHost(host) || PRIVATE.some((block) => inCidr(host, block));
}
