import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { param } from "../message/params.ts";
import { parseSipUri } from "../message/uri.ts";
import type { SipAddress } from "../address.ts";

/** Where a SIP URI leads (RFC 3263 without SRV); `undefined` for a URI that cannot be followed here. */
export async function locate(uri: string): Promise<SipAddress | undefined> {
  const parsed = parseSipUri(uri);
  if (!parsed || parsed.scheme === "sips") return undefined;
  const asked = param(parsed.params, "transport")?.toLowerCase() ?? "udp";
  if (asked !== "udp" && asked !== "tcp") return undefined;
  // RFC 3261 §19.1.1: maddr overrides the host.
  const host = param(parsed.params, "maddr")?.replace(/^\[|\]$/g, "") || parsed.host;
  return await resolveHost({ transport: asked, host, port: parsed.port ?? 5060 });
}

/** The address with its host name resolved; `undefined` when the name leads nowhere. */
export async function resolveHost(address: SipAddress): Promise<SipAddress | undefined> {
  if (isIP(address.host) !== 0) return address;
  const found = await lookup(address.host, { order: "ipv4first" }).catch(() => undefined);
  return found && { ...address, host: found.address };
}

/** Whether the URI leaves the choice of the transport to the sender. */
export const leavesTransportOpen = (uri: string): boolean => {
  const parsed = parseSipUri(uri);
  return parsed !== undefined && param(parsed.params, "transport") === undefined;
};
