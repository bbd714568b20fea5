import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The address by which `peer` reaches whoever listens at `listening`: that address itself, or, for a wildcard, the one
 * of this machine that shares a network with the peer, else its first one that leads outside. Only for a wildcard is the
 * system asked what interfaces there are: that takes a third of a millisecond, and every call comes by here thrice.
 */
export function reachableHost(listening: string, peer: string, interfaces: () => Interfaces = networkInterfaces): string {
  if (listening !== "0.0.0.0" && listening !== "::") return listening;
  const family = isIPv6(peer) || (listening === "::" && !isIPv4(peer)) ? "IPv6" : "IPv4";
  const own = Object.values(interfaces()).flatMap((addresses) => addresses ?? []).filter((address) => address.family === family);
  const beside = own.find(({ cidr }) => cidr !== null && shares(cidr, peer));
  const outward = own.find(({ internal, address }) => !internal && !isLinkLocal(address));
  return (beside ?? outward)?.address ?? (family === "IPv4" ? "127.0.0.1" : "::1");
}

/** The address told to `peer`: the one that is advertised, unless it is of the other family and there is one of the peer's. */
export function toldHost(advertised: string | undefined, listening: string, peer: string): string {
  const useless = advertised !== undefined && listening === "::" && isIP(advertised) !== 0 && isIP(peer) !== 0 && isIP(advertised) !== isIP(peer);
  return advertised === undefined || useless ? reachableHost(listening, peer) : advertised;
}

/** RFC 4291 §2.5.6: an address that means nothing without an interface. */
const isLinkLocal = (address: string): boolean => address.toLowerCase().startsWith("fe80:");

function shares(cidr: string, peer: string): boolean {
  const [network = "", bits = ""] = cidr.split("/");
  const type = isIPv4(peer) ? "ipv4" : "ipv6";
  if ((!isIPv4(peer) && !isIPv6(peer)) || isIPv4(network) !== isIPv4(peer)) return false;
  const block = new BlockList();
  block.addSubnet(network, Number(bits), type);
  return block.check(peer, type);
}
