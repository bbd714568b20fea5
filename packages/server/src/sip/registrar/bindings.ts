import { parseSipUri, sameSipUri } from "../message/uri.ts";
import { defaultPort, type SipAddress } from "../address.ts";

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
  /** The device and which of its flows this is (RFC 5626 §4.1), when it keeps its flow alive by itself. */
  readonly flow?: FlowId;
}

export interface FlowId {
  /** `+sip.instance`, with its brackets: `<urn:uuid:…>`. */
  readonly instance: string;
  readonly regId: number;
}

/** What a REGISTER asks for one contact; 0 seconds takes it away. */
export interface Wish {
  readonly uri: string;
  readonly expiresSeconds: number;
  readonly flow?: FlowId;
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
  for (const wish of wishes) {
    const { uri, expiresSeconds, flow } = wish;
    const known = next.find((contact) => isSameBinding(contact, wish));
    // With the same Call-ID the CSeq has to be higher: "Otherwise, the update MUST be aborted and the request fails."
    if (known && known.callId === callId && cseq <= known.cseq) return undefined;
    next = next.filter((contact) => contact !== known);
    if (expiresSeconds > 0) next = [...next, { uri, source, callId, cseq, expiresAtMs: nowMs + expiresSeconds * 1000, ...(flow && { flow }) }];
  }
  if (next.length <= MAX_CONTACTS) return next;
  return next.toSorted((a, b) => a.expiresAtMs - b.expiresAtMs).slice(-MAX_CONTACTS);
}

/** RFC 5626 §6: with an instance and a reg-id those make the binding, whatever the URI is; else the URI does. */
export function isSameBinding(a: Pick<Contact, "uri" | "flow">, b: Pick<Contact, "uri" | "flow">): boolean {
  if (a.flow && b.flow) return a.flow.instance === b.flow.instance && a.flow.regId === b.flow.regId;
  return !a.flow && !b.flow && sameUri(a.uri, b.uri);
}

/**
 * What is left of a binding whose connection has ended. RFC 5626 §5.3: a flow that has failed is no way any more. A
 * phone that listens at the address it is seen at can be dialled there; nothing leads to any other.
 */
export function withoutConnection(contact: Contact): Contact | undefined {
  const { source, flow } = contact;
  const uri = parseSipUri(contact.uri);
  if (flow || (source.transport !== "tcp" && source.transport !== "tls") || uri?.host !== source.host) return undefined;
  const port = uri.port ?? defaultPort(source.transport);
  return port === source.port ? undefined : { ...contact, source: { ...source, port } };
}

/** Of a device that has several flows, the newest (RFC 5626 §5.3: never two at a time). Newest first. */
export function onePerDevice(contacts: readonly Contact[]): readonly Contact[] {
  const seen = new Set<string>();
  return contacts.toReversed().filter(({ flow }) => {
    if (!flow) return true;
    const first = !seen.has(flow.instance);
    seen.add(flow.instance);
    return first;
  });
}

export function sameUri(a: string, b: string): boolean {
  const [first, second] = [parseSipUri(a), parseSipUri(b)];
  return first && second ? sameSipUri(first, second) : a === b;
}
