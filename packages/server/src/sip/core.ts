import type { Clock, Ids } from "../base/index.ts";
import type { Header } from "./message/message.ts";
import { escapeUser, formatSipUri, parseSipUri, unescape } from "./message/uri.ts";
import { parseNameAddr } from "./message/name-addr.ts";
import type { ServerTransaction, Transactions } from "./transaction/transactions.ts";
import type { SipTimers } from "./transaction/timers.ts";
import type { Network, Received } from "./transport/network.ts";
import type { SipRequest } from "./message/message.ts";
import type { Transport } from "./transport/transport.ts";
import { isSecure, type SipAddress, type TransportName } from "./address.ts";
import type { Locator } from "./locate/locator.ts";
import type { Params } from "./message/params.ts";
import type { Dialog } from "./user-agent-types.ts";

/** What the parts of one user agent share. */
export interface Core {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly timers: SipTimers;
  readonly product: string | undefined;
  readonly network: Network;
  readonly transactions: Transactions;
  readonly locator: Locator;
  /** Dialogs, early ones too, by `dialogKey`. */
  readonly dialogs: Map<string, DialogEntry>;
  /** Who takes the PRACKs of early dialogs, by `dialogKey`. */
  readonly pracks: Map<string, (prack: ServerTransaction) => void>;
  /** INVITEs of peers that wait for their final response: what a CANCEL does to them. */
  readonly waiting: Map<ServerTransaction, WaitingInvite>;
  /** What has to be told that the user agent closes, while it waits for an answer. */
  readonly exchanges: Set<() => void>;
  /** Aborts when the user agent closes. */
  readonly signal: AbortSignal;
}

/** Who takes what comes inside a dialog. */
export interface DialogEntry {
  /** Since it is confirmed. */
  readonly dialog?: Dialog;
  request(transaction: ServerTransaction): void;
  ack(received: Received<SipRequest>): void;
  /** The user agent closes. */
  close(): void;
}

export interface WaitingInvite {
  /** The tag of its responses: the 200 to the CANCEL bears the same (RFC 3261 §9.2). */
  readonly toTag: string;
  /** The caller has cancelled: answers 487. */
  cancel(): void;
  /** A response could not be sent. */
  failed?(): void;
}

/** What a UA here takes; the Allow header (RFC 3261 §20.5). */
export const ALLOW: Header = ["Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY"];

/** The extensions we know (RFC 3261 §20.37). */
export const SUPPORTED: Header = ["Supported", "100rel, timer, replaces, norefersub"];

/**
 * The Contact under which this end is reached by somebody at `to` (§8.1.1.8); a `sips:` URI where the dialog asks for
 * one (§12.1.1, RFC 5630 §5.1) and the way is secure.
 */
export function contactAt(core: Core, transport: Transport, to: SipAddress, user: string | undefined, sips = false): string {
  const { transport: name, host, port } = core.network.reachableAt(transport, to);
  const scheme = sips && isSecure(name) ? "sips" : "sip";
  return `<${formatSipUri({
    scheme,
    ...(user ? { user: escapeUser(unescape(user)) } : undefined),
    host,
    port,
    params: transportParam(name, scheme),
  })}>`;
}

/** RFC 3261 §26.2.2: in a SIPS URI the transport is the one under TLS. RFC 7118 §5.2.1: `ws`, secure or not. */
function transportParam(name: TransportName, scheme: "sip" | "sips"): Params {
  if (name === "udp" || (name === "tls" && scheme === "sips")) return [];
  return [["transport", name === "wss" ? "ws" : name]];
}

/** Whether a URI, or the one in a header value, is a SIPS URI. */
export const isSips = (value: string | undefined): boolean =>
  value !== undefined && /^sips:/i.test(parseNameAddr(value)?.uri ?? value);

/** The user part of a URI or of a From or To value. */
export function userOf(value: string): string | undefined {
  return parseSipUri(value)?.user ?? parseSipUri(parseNameAddr(value)?.uri ?? "")?.user;
}

/** The Server header of our responses. */
export const serverHeader = (core: Pick<Core, "product">): readonly Header[] =>
  core.product === undefined ? [] : [["Server", core.product]];

/** The User-Agent header of our requests. */
export const userAgentHeader = (core: Pick<Core, "product">): readonly Header[] =>
  core.product === undefined ? [] : [["User-Agent", core.product]];
