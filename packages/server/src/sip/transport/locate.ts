import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { param } from "../message/params.ts";
import { parseSipUri, type SipUri } from "../message/uri.ts";
import { defaultPort, isSecure, type NextHop, type SipAddress, type TransportName } from "../address.ts";

/** Where a SIP URI leads (RFC 3263 without SRV); `undefined` for a URI that cannot be followed here. */
export async function locate(uri: string): Promise<SipAddress | undefined> {
  const parsed = parseSipUri(uri);
  const transport = parsed && transportOf(parsed);
  if (!parsed || !transport) return undefined;
  // RFC 3261 §19.1.1: maddr overrides the host.
  const host = param(parsed.params, "maddr")?.replace(/^\[|\]$/g, "") || parsed.host;
  return await resolveHost({ transport, host, port: parsed.port ?? defaultPort(transport) });
}

/** RFC 3261 §19.1.5, §26.2.2: in a SIPS URI TLS goes below what is asked for, and there is none below UDP. */
function transportOf({ scheme, params }: SipUri): TransportName | undefined {
  const asked = param(params, "transport")?.toLowerCase() ?? (scheme === "sips" ? "tls" : "udp");
  if (scheme === "sip") return NAMES.find((name) => name === asked);
  if (asked === "ws" || asked === "wss") return "wss";
  return asked === "tcp" || asked === "tls" ? "tls" : undefined;
}

const NAMES = ["udp", "tcp", "tls", "ws", "wss"] as const;

/** The address with its host name resolved; `undefined` when the name leads nowhere. */
export async function resolveHost(hop: NextHop): Promise<SipAddress | undefined> {
  const address: SipAddress = { ...hop, port: hop.port ?? defaultPort(hop.transport) };
  if (isIP(address.host) !== 0) return address;
  // RFC 6761 §6.4; browsers write such names, as they do not know their addresses (RFC 7118 §5).
  if (address.host.endsWith(".invalid")) return undefined;
  const found = await lookup(address.host, { order: "ipv4first" }).catch(() => undefined);
  return found && { ...address, host: found.address, ...(isSecure(address.transport) && { name: address.host }) };
}

/** Whether the URI leaves the choice of the transport to the sender. */
export const leavesTransportOpen = (uri: string): boolean => {
  const parsed = parseSipUri(uri);
  return parsed !== undefined && param(parsed.params, "transport") === undefined;
};
