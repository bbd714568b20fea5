import type { Clock, Ids } from "../../base/index.ts";
import type { NextHop, SipAddress, TransportName } from "../address.ts";
import { param } from "../message/params.ts";
import { parseSipUri, type SipUri } from "../message/uri.ts";
import { createQuarantine } from "./quarantine.ts";
import { cachingResolver, type SipResolver } from "./resolver.ts";
import { targetsOf, type Wanted } from "./targets.ts";

/** Finds servers (RFC 3263), and remembers which of them do not answer. */
export interface Locator {
  /** Where a SIP URI leads, best first; empty for one that cannot be followed. Never rejects. */
  ofUri(uri: string): Promise<readonly SipAddress[]>;
  ofHop(hop: NextHop): Promise<readonly SipAddress[]>;
  /** The target did not answer, or asked to be left alone for so long. */
  avoid(target: SipAddress, forMs?: number): void;
}

export interface LocatorOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly resolver: SipResolver;
  readonly speaks: (transport: TransportName) => boolean;
  /** Whether there is a transport of the target's family; every one when absent. */
  readonly reaches?: (target: SipAddress) => boolean;
}

export function createLocator({ clock, ids, resolver, speaks, reaches }: LocatorOptions): Locator {
  const options = { resolver: cachingResolver(resolver, clock), ids, speaks };
  const quarantine = createQuarantine(clock);
  const find = async (wanted: Wanted) => {
    const all = await targetsOf(wanted, options);
    const able = reaches ? all.filter(reaches) : all;
    // Of none the caller is told why it does not get there.
    return quarantine.order(able.length > 0 ? able : all);
  };
  return {
    async ofUri(uri) {
      const parsed = parseSipUri(uri);
      const transport = parsed && transportOf(parsed);
      if (!parsed || transport === false) return [];
      // RFC 3261 §19.1.1: maddr overrides the host.
      const host = param(parsed.params, "maddr")?.replace(/^\[|\]$/g, "") || parsed.host;
      return await find({ host, port: parsed.port, transport, secure: parsed.scheme === "sips" });
    },
    ofHop: ({ host, port, transport, name }) => find({ host, port, transport, name, secure: false }),
    avoid: (target, forMs) => quarantine.add(target, forMs),
  };
}

/**
 * What the URI says of its transport; `false` when that is none. RFC 3261 §19.1.5, §26.2.2: in a SIPS URI TLS goes
 * below what is asked for, and there is none below UDP.
 */
function transportOf({ scheme, params }: SipUri): TransportName | undefined | false {
  const asked = param(params, "transport")?.toLowerCase();
  if (asked === undefined) return undefined;
  if (scheme === "sip") return NAMES.find((name) => name === asked) ?? false;
  if (asked === "ws" || asked === "wss") return "wss";
  return asked === "tcp" || asked === "tls" ? "tls" : false;
}

const NAMES = ["udp", "tcp", "tls", "ws", "wss"] as const;

/** Whether the URI leaves the choice of the transport to the sender. */
export const leavesTransportOpen = (uri: string): boolean => {
  const parsed = parseSipUri(uri);
  return parsed !== undefined && param(parsed.params, "transport") === undefined;
};
