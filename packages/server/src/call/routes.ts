import { escapeUser, hostPort, type Credentials, type NextHop, type SipAddress } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import type { Cause } from "./cause.ts";
import type { DialTarget } from "./dialler.ts";
import { party } from "./party.ts";

/** One place an INVITE is sent to. */
export interface Destination {
  /** The Request-URI. */
  readonly uri: string;
  /** The URI of To, if it is not the Request-URI. */
  readonly to?: string;
  /** The host of From, if it is not the server's own. */
  readonly fromHost?: string;
  readonly nextHop?: NextHop;
  readonly credentials?: Credentials;
  /** Who is reached there, where it is a phone or a trunk of ours. */
  readonly peer?: CallSource;
}

/** Where a target is reached: at all destinations at once, the first to answer wins. */
export type Route =
  | { readonly found: true; readonly destinations: readonly Destination[] }
  | { readonly found: false; readonly cause: Cause };

export type Routes = (target: DialTarget) => Route;

/** A phone that may register here. */
export interface PhoneAccount {
  readonly username: string;
  /** What it is called by besides its user name, and shown as when it calls. */
  readonly number?: string;
}

/** A carrier's gateway. */
export interface TrunkRoute {
  readonly name: string;
  readonly host: string;
  /** What DNS says (RFC 3263 §4.2), else the usual one, when absent. */
  readonly port?: number;
  readonly transport: SipAddress["transport"];
  readonly username?: string;
  readonly password?: string;
}

/** Where a registered phone is. */
export interface PhoneContact {
  readonly uri: string;
  /** Where its REGISTER came from: what leads back through its NAT (RFC 3581 §4). */
  readonly source: SipAddress;
}

export interface RouteOptions {
  readonly phones: readonly PhoneAccount[];
  /** Where a phone is registered now; empty when it is not. */
  readonly contacts: (username: string) => readonly PhoneContact[];
  /** In the order of preference: the first one takes every number that is no phone's. */
  readonly trunks: readonly TrunkRoute[];
}

const NO_ROUTE: Route = { found: false, cause: { reason: "unreachable", who: "us" } };

/** A number or name of a phone leads to the phone, any other number to the first trunk, a `sip:` URI where it says. */
export function createRoutes({ phones, contacts, trunks }: RouteOptions): Routes {
  const called = new Map<string, PhoneAccount>();
  for (const phone of phones) if (phone.number !== undefined) called.set(party(phone.number), phone);
  for (const phone of phones) called.set(phone.username, phone);
  return (target) => {
    if (target.type === "uri") return toUri(target.uri);
    const written = target.type === "user" ? target.user : target.number;
    const name = party(written);
    const phone = called.get(written) ?? called.get(name);
    if (phone) return toContacts(phone, contacts(phone.username));
    const [trunk] = trunks;
    return target.type === "number" && trunk && /^[\d*#]+$/.test(name) ? toTrunk(trunk, name) : NO_ROUTE;
  };
}

function toUri(uri: string): Route {
  return /^sips?:[^\s<>"]+$/i.test(uri) ? { found: true, destinations: [{ uri }] } : NO_ROUTE;
}

function toContacts(phone: PhoneAccount, contacts: readonly PhoneContact[]): Route {
  // RFC 3261 §21.4.18: the phone exists and is not there now.
  if (contacts.length === 0) return { found: false, cause: { reason: "unreachable", who: "peer", sipStatus: 480 } };
  return { found: true, destinations: contacts.map(({ uri, source }) => ({ uri, nextHop: source, peer: { type: "phone", username: phone.username } })) };
}

function toTrunk(trunk: TrunkRoute, number: string): Route {
  const { host, port, transport, username, password } = trunk;
  const uri = `sip:${escapeUser(number)}@${hostPort(host, port)}`;
  return {
    found: true,
    destinations: [
      {
        uri: transport === "udp" ? uri : `${uri};transport=${transport}`,
        fromHost: host,
        peer: { type: "trunk", name: trunk.name },
        nextHop: { transport, host, ...(port !== undefined && { port }) },
        ...(username !== undefined && password !== undefined && { credentials: { username, password } }),
      },
    ],
  };
}
