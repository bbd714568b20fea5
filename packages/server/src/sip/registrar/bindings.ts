import { parseSipUri, sameSipUri } from "../message/uri.ts";
import type { SipAddress } from "../address.ts";

/** One place where a user can be reached (RFC 3261 §10). */
export interface Contact {
  /** The URI the phone gave: the Request-URI to call it with. */
  readonly uri: string;
  /** Where its REGISTER came from: the address to send to, through NATs and on the same connection. */
  readonly source: SipAddress;
  /** When it runs out, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
  readonly callId: string;
  readonly cseq: number;
}

/** What a REGISTER asks for one contact; 0 seconds takes it away. */
export interface Wish {
  readonly uri: string;
  readonly expiresSeconds: number;
}

/** Contacts of one user at a time; the one that runs out first makes room. */
const MAX_CONTACTS = 10;

/**
 * The contacts after a REGISTER (RFC 3261 §10.3, step 7); `undefined` when it is out of order, and then nothing of it
 * may be done. Pure.
 */
export function applyWishes(
  contacts: readonly Contact[], wishes: readonly Wish[], from: { callId: string; cseq: number; source: SipAddress; nowMs: number },
): readonly Contact[] | undefined {
  const { callId, cseq, source, nowMs } = from;
  let next = contacts.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  for (const { uri, expiresSeconds } of wishes) {
    const known = next.find((contact) => sameUri(contact.uri, uri));
    // With the same Call-ID the CSeq has to be higher: "Otherwise, the update MUST be aborted and the request fails."
    if (known && known.callId === callId && cseq <= known.cseq) return undefined;
    next = next.filter((contact) => contact !== known);
    if (expiresSeconds > 0) next = [...next, { uri, source, callId, cseq, expiresAtMs: nowMs + expiresSeconds * 1000 }];
  }
  if (next.length <= MAX_CONTACTS) return next;
  return next.toSorted((a, b) => a.expiresAtMs - b.expiresAtMs).slice(-MAX_CONTACTS);
}

export function sameUri(a: string, b: string): boolean {
  const [first, second] = [parseSipUri(a), parseSipUri(b)];
  return first && second ? sameSipUri(first, second) : a === b;
}
