import { isIP } from "node:net";
import { plainAddress, type Ids } from "../../base/index.ts";
import { defaultPort, isSecure, type SipAddress, type TransportName } from "../address.ts";
import type { NaptrRecord, SipResolver, SrvRecord } from "./resolver.ts";

/** Where a request shall go, as its URI says. */
export interface Wanted {
  readonly host: string;
  /** `undefined`: the DNS may say. */
  readonly port: number | undefined;
  readonly transport: TransportName | undefined;
  /** A SIPS URI: nothing but TLS will do. */
  readonly secure: boolean;
  /** What certificates have to be made out to, if not `host` (RFC 5922 §4: never what the DNS made of it). */
  readonly name?: string | undefined;
}

export interface TargetOptions {
  readonly resolver: SipResolver;
  readonly ids: Ids;
  /** Whether there is a transport of that name here. */
  readonly speaks: (transport: TransportName) => boolean;
}

/** Targets that are tried for one request. */
const MAX_TARGETS = 16;

/** Where to try, in that order (RFC 3263 §4). Empty when the name leads nowhere. */
export async function targetsOf(wanted: Wanted, options: TargetOptions): Promise<readonly SipAddress[]> {
  const { host, port, secure } = wanted;
  const usual = wanted.transport ?? (secure ? "tls" : "udp");
  if (isIP(host) !== 0) return [targetAt(wanted, usual, host, port ?? defaultPort(usual))];
  // RFC 6761 §6.4; browsers write such names, as they do not know their addresses (RFC 7118 §5).
  if (host.endsWith(".invalid")) return [];
  // RFC 3263 §4.2: "If the TARGET was not a numeric IP address, but a port is present, the client performs an A or AAAA record lookup".
  if (port !== undefined) return await atHost(wanted, options, usual, host, port);
  // A name without a dot is one of this network, and has no services.
  const named = host.includes(".") ? await byServices(wanted, options) : [];
  if (named.length > 0) return named.slice(0, MAX_TARGETS);
  return await atHost(wanted, options, usual, host, defaultPort(usual));
}

/** RFC 3263 §4.1: what the NAPTR records say, else the SRV records of each transport that is spoken here. */
async function byServices(wanted: Wanted, options: TargetOptions): Promise<readonly SipAddress[]> {
  const { host, transport, secure } = wanted;
  const found: SipAddress[] = [];
  const records = transport === undefined ? await options.resolver.naptr(host) : [];
  for (const { transport, name } of servicesIn(records, secure, options)) {
    found.push(...(await bySrv(wanted, options, transport, name)));
  }
  if (found.length > 0) return found;
  const all: readonly TransportName[] = secure ? ["tls"] : ["udp", "tcp", "tls"];
  const transports = transport === undefined ? all.filter(options.speaks) : [transport];
  for (const each of transports) found.push(...(await bySrv(wanted, options, each, `${SRV_PREFIX[each]}.${host}`)));
  return found;
}

const SRV_PREFIX = { udp: "_sip._udp", tcp: "_sip._tcp", tls: "_sips._tcp", ws: "_sip._ws", wss: "_sips._ws" } as const satisfies Record<TransportName, string>;

const SERVICES: Readonly<Record<string, TransportName>> = { "SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls" };

/** RFC 3263 §4.1: services we speak, by order and preference; "s": an SRV record comes next. */
function servicesIn(
  records: readonly NaptrRecord[], secure: boolean, { speaks }: TargetOptions,
): readonly { readonly transport: TransportName; readonly name: string }[] {
  return records
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference)
    .flatMap(({ flags, service, replacement }) => {
      const transport = SERVICES[service.toUpperCase()];
      if (transport === undefined || flags.toLowerCase() !== "s" || !speaks(transport)) return [];
      // "if a SIPS URI is being resolved, any services that do not contain SIPS are discarded".
      return secure && !isSecure(transport) ? [] : [{ transport, name: replacement }];
    });
}

async function bySrv(wanted: Wanted, options: TargetOptions, transport: TransportName, name: string): Promise<readonly SipAddress[]> {
  const found: SipAddress[] = [];
  for (const { name: host, port } of inOrder(await options.resolver.srv(name), options.ids)) {
    // RFC 2782: "A Target of "." means that the service is decidedly not available at this domain."
    if (host !== "" && host !== ".") found.push(...(await atHost(wanted, options, transport, host, port)));
  }
  return found;
}

/** RFC 2782: the lowest priority first; among equals by chance, as their weights say. */
export function inOrder(records: readonly SrvRecord[], ids: Ids): readonly SrvRecord[] {
  const left = records.toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  for (let first = left[0]; first; first = left[0]) {
    const { priority } = first;
    const equals = left.filter((record) => record.priority === priority);
    const total = equals.reduce((sum, { weight }) => sum + weight, 0);
    let at = ids.integer(total + 1);
    const chosen = equals.find(({ weight }) => (at -= weight) <= 0) ?? first;
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}

async function atHost(
  wanted: Wanted, { resolver }: TargetOptions, transport: TransportName, host: string, port: number,
): Promise<readonly SipAddress[]> {
  const addresses = isIP(host) === 0 ? await resolver.addresses(host) : [host];
  return addresses.map((address) => targetAt(wanted, transport, address, port));
}

function targetAt(wanted: Wanted, transport: TransportName, host: string, port: number): SipAddress {
  const name = wanted.name ?? (isIP(wanted.host) === 0 ? wanted.host : undefined);
  const address = { transport, host: plainAddress(host), port };
  return name === undefined || !isSecure(transport) ? address : { ...address, name };
}
