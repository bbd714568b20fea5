import { channels, type Clock, Emitter, type Listenable, type Timer } from "../../base/index.ts";
import type { DigestAuthenticator } from "../auth/authenticator.ts";
import { parseCSeq } from "../message/cseq.ts";
import { header } from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { parseSipUri, unescape } from "../message/uri.ts";
import { sameFlow, type SipAddress } from "../address.ts";
import type { IncomingRequest } from "../user-agent-types.ts";
import { applyWishes, type Contact, isSameBinding, onePerDevice, withoutConnection } from "./bindings.ts";
import { createFlowIndex } from "./flow-index.ts";
import { contactHeader, lacksOutbound, OUTBOUND, wishesOf } from "./contact-header.ts";

export interface RegistrarOptions {
  readonly authenticator: DigestAuthenticator;
  readonly clock: Clock;
  /** Seconds; a shorter wish is refused with 423. */
  readonly minExpires: number;
  /** Seconds; a longer wish is shortened. */
  readonly maxExpires: number;
}

export interface BindingChange {
  readonly username: string;
  readonly contact: Contact;
  readonly change: "added" | "refreshed" | "removed" | "expired";
}

/** Knows where the users' phones are (RFC 3261 §10.3). */
export interface Registrar {
  readonly events: Listenable<{ binding: BindingChange }>;
  /** Answers a REGISTER; anything else gets 405. */
  handle(incoming: IncomingRequest): void;
  /** Where a user can be reached now, the newest registration first. */
  contacts(username: string): readonly Contact[];
  /** A connection has ended: who could be reached by it alone is not registered any more (RFC 5626 §5.3). */
  connectionGone(remote: SipAddress): void;
  /** Forgets everybody and stops its timers. */
  close(): void;
}

export function createRegistrar(options: RegistrarOptions): Registrar {
  const { clock } = options;
  const events = new Emitter<{ binding: BindingChange }>();
  const bindings = new Map<string, readonly Contact[]>();
  const timers = new Map<string, Timer>();
  const flows = createFlowIndex();

  const tell = (username: string, contact: Contact, change: BindingChange["change"]) => {
    publish({ username, contact, change }, clock);
    events.emit("binding", { username, contact, change });
  };
  const alive = (username: string) => (bindings.get(username) ?? []).filter(({ expiresAtMs }) => expiresAtMs > clock.now());
  const keep = (username: string, contacts: readonly Contact[]) => {
    timers.get(username)?.cancel();
    timers.delete(username);
    flows.move(username, bindings.get(username) ?? [], contacts);
    if (contacts.length === 0) bindings.delete(username);
    else {
      bindings.set(username, contacts);
      const first = Math.min(...contacts.map(({ expiresAtMs }) => expiresAtMs));
      timers.set(username, clock.setTimer(first - clock.now(), () => expire(username)));
    }
  };
  const expire = (username: string) => {
    const before = bindings.get(username) ?? [];
    const after = alive(username);
    keep(username, after);
    for (const contact of before) if (!after.includes(contact)) tell(username, contact, "expired");
  };
  const store = (username: string, next: readonly Contact[]) => {
    const before = alive(username);
    keep(username, next);
    for (const contact of next) {
      if (before.includes(contact)) continue;
      tell(username, contact, before.some((known) => isSameBinding(known, contact)) ? "refreshed" : "added");
    }
    for (const contact of before) {
      if (!next.some((kept) => isSameBinding(kept, contact))) tell(username, contact, "removed");
    }
  };
  const contacts = (username: string) => onePerDevice(alive(username));
  return {
    events,
    contacts,
    connectionGone(remote) {
      for (const username of flows.usersOf(remote)) {
        const before = alive(username);
        store(username, before.flatMap((contact) => (sameFlow(contact.source, remote) ? (withoutConnection(contact) ?? []) : [contact])));
      }
    },
    handle: (incoming) => register(options, incoming, alive, store),
    close() {
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
      bindings.clear();
      flows.clear();
    },
  };
}

function publish({ username, contact, change }: BindingChange, clock: Clock): void {
  if (!channels.sipRegistration.hasSubscribers) return;
  const gone = change === "removed" || change === "expired";
  channels.sipRegistration.publish({ username, contact: contact.uri, change, expiresSeconds: gone ? 0 : Math.round((contact.expiresAtMs - clock.now()) / 1000) });
}

function register(
  { authenticator, clock, minExpires, maxExpires }: RegistrarOptions, incoming: IncomingRequest,
  alive: (username: string) => readonly Contact[], store: (username: string, next: readonly Contact[]) => void,
): void {
  const { request, source } = incoming;
  if (request.method !== "REGISTER") return incoming.respond(405, { headers: [["Allow", "REGISTER"]] });
  const address = parseSipUri(parseNameAddr(header(request, "To") ?? "")?.uri ?? "");
  const cseq = parseCSeq(header(request, "CSeq") ?? "")?.number;
  if (!address || cseq === undefined) return incoming.respond(400);
  const authenticated = authenticator.check(request);
  if (!authenticated.ok) return incoming.respond(401, { headers: authenticated.headers });
  const { username } = authenticated;
  // §10.3 step 4: nobody registers for somebody else.
  if (unescape(address.user ?? "") !== username) return incoming.respond(403);
  const wishes = wishesOf(request, alive(username), maxExpires);
  if (!wishes) return incoming.respond(400);
  const outbound = wishes.some(({ flow }) => flow);
  // RFC 5626 §6: who stands between and knows nothing of flows would break them.
  if (outbound && lacksOutbound(request)) return incoming.respond(439);
  if (wishes.some(({ expiresSeconds }) => expiresSeconds > 0 && expiresSeconds < minExpires)) {
    return incoming.respond(423, { headers: [["Min-Expires", String(minExpires)]] });
  }
  const nowMs = clock.now();
  const callId = header(request, "Call-ID") ?? "";
  const next = applyWishes(alive(username), wishes, { callId, cseq, source, nowMs });
  if (!next) return incoming.respond(500);
  if (wishes.length > 0) store(username, next);
  incoming.respond(200, { headers: [...next.map((contact) => contactHeader(contact, nowMs)), ...(outbound ? OUTBOUND : [])] });
}
