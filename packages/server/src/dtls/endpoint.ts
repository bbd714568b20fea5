import type { Clock, Ids, Timer } from "../base/index.ts";
import type { SrtpKeys, SrtpProfile } from "../rtp/index.ts";
import type { Association, HandshakeOptions } from "./association.ts";
import type { DtlsIdentity } from "./certificate.ts";
import type { DtlsFailure, DtlsOutcome } from "./channel.ts";
import { createClient } from "./client.ts";
import { createDoorkeeper, type Doorkeeper } from "./cookie.ts";
import { isAnnounced, type Fingerprint } from "./fingerprint.ts";
import { createServer } from "./server.ts";

export interface DtlsAddress {
  readonly host: string;
  readonly port: number;
}

/** Whom the keys are agreed on with, as SDP has it. */
export interface DtlsPeer {
  /** What we are: the client begins. */
  readonly role: "client" | "server";
  /** Of the peer's certificate (RFC 8122 §5). */
  readonly fingerprints: readonly Fingerprint[];
  /** Where its media comes from, unless it is behind a NAT. */
  readonly remote: DtlsAddress;
}

/** The keys, and where they were agreed on: the peer's packets come from there. */
export type DtlsResult =
  | { readonly ok: true; readonly keys: SrtpKeys; readonly remote: DtlsAddress }
  | { readonly ok: false; readonly why: DtlsFailure };

export interface EndpointOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: DtlsIdentity;
  /** The preferred one first. */
  readonly profiles: readonly SrtpProfile[];
  readonly send: (datagram: Uint8Array, to: DtlsAddress) => void;
  readonly timeoutMs?: number;
  /** Told once, and again with better keys: see `DtlsEndpoint`. Never after `close`. */
  readonly over: (result: DtlsResult) => void;
}

/**
 * Our side of the association that a media session's keys come from. Of several that the peer makes it is the one from
 * where SDP has its RTP, even if another one was first.
 */
export interface DtlsEndpoint {
  receive(datagram: Uint8Array, from: DtlsAddress): void;
  /** Takes leave of the peer and forgets everything. Idempotent. */
  close(): void;
}

/** Long enough for several lost flights, and shorter than anybody listens to nothing. */
const TIMEOUT_MS = 10_000;
/** Whoever guesses the port costs no more handshakes than this; where SDP says the peer is, so many are its own. */
const MAX_ATTEMPTS = 8;
/** Of them, those that go on at once. */
const MAX_AT_ONCE = 4;

/** RFC 5763 §5: agrees on keys with whoever has the certificate that SDP announced. */
export function createEndpoint(options: EndpointOptions, peer: DtlsPeer): DtlsEndpoint {
  return new Endpoint(options, peer);
}

class Endpoint implements DtlsEndpoint {
  readonly #options: EndpointOptions;
  readonly #peer: DtlsPeer;
  readonly #door: Doorkeeper = createDoorkeeper();
  /** By where the other side is. */
  readonly #associations = new Map<string, { readonly remote: DtlsAddress; readonly association: Association }>();
  readonly #timer: Timer;
  readonly #attempts = { peer: 0, strangers: 0 };
  /** What became of those who were not where SDP said. */
  #stranger: DtlsFailure | undefined;
  /** Where keys were agreed on. */
  #winner: DtlsAddress | undefined;
  #closed = false;

  constructor(options: EndpointOptions, peer: DtlsPeer) {
    this.#options = options;
    this.#peer = peer;
    this.#timer = options.clock.setTimer(options.timeoutMs ?? TIMEOUT_MS, () => this.#fail(this.#stranger ?? "timeout"));
    if (peer.role === "client") this.#begin(peer.remote, createClient);
  }

  receive(datagram: Uint8Array, from: DtlsAddress): void {
    const known = this.#associations.get(keyOf(from));
    if (known) return known.association.receive(datagram);
    if (this.#closed || this.#peer.role === "client" || (this.#winner && this.#kindOf(from) === "strangers")) return;
    const greeted = this.#door.greet(datagram, keyOf(from));
    if (!greeted) return;
    if ("answer" in greeted) return this.#options.send(greeted.answer, from);
    if (this.#mayBegin(from)) this.#begin(from, (handshake) => createServer(handshake, greeted.proven));
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
    for (const { association } of this.#associations.values()) association.close();
    this.#associations.clear();
  }

  #begin(remote: DtlsAddress, create: (options: HandshakeOptions) => Association): void {
    const { clock, ids, identity, profiles, send, timeoutMs = TIMEOUT_MS } = this.#options;
    this.#attempts[this.#kindOf(remote)] += 1;
    let settled: DtlsOutcome | undefined;
    const association = create({
      clock,
      ids,
      identity,
      profiles,
      timeoutMs,
      send: (datagram) => send(datagram, remote),
      isExpected: (certificate) => isAnnounced(certificate, this.#peer.fingerprints),
      over: (outcome) => {
        settled = outcome;
        this.#settle(remote, outcome);
      },
    });
    if (settled?.ok !== false) this.#associations.set(keyOf(remote), { remote, association });
  }

  #settle(remote: DtlsAddress, outcome: DtlsOutcome): void {
    if (this.#closed || (!outcome.ok && outcome.why === "closed")) return;
    if (outcome.ok) return this.#agreed(remote, outcome.keys);
    this.#associations.delete(keyOf(remote));
    if (this.#winner) return;
    // Who is not where SDP said may be anybody: the peer itself may still come.
    if (this.#isNamed(remote)) this.#fail(outcome.why);
    else this.#stranger = outcome.why;
  }

  /**
   * RFC 5764 §3: a peer that does not multiplex has an association of its own for RTCP, from another port. The keys of RTP
   * are those that were agreed on where SDP has it; behind a NAT, where no port is known, the first ones.
   */
  #agreed(remote: DtlsAddress, keys: SrtpKeys): void {
    const isBetter = !this.#winner || (this.#isNamed(remote) && !this.#isNamed(this.#winner));
    if (!isBetter) return;
    this.#winner = remote;
    this.#timer.cancel();
    for (const [key, other] of this.#associations) {
      if (this.#kindOf(other.remote) === "peer" || other.remote === remote) continue;
      this.#associations.delete(key);
      other.association.close();
    }
    this.#options.over({ ok: true, keys, remote });
  }

  #fail(why: DtlsFailure): void {
    if (this.#closed || this.#winner) return;
    this.close();
    this.#options.over({ ok: false, why });
  }

  #isNamed(remote: DtlsAddress): boolean {
    return keyOf(remote) === keyOf(this.#peer.remote);
  }

  #kindOf({ host }: DtlsAddress): "peer" | "strangers" {
    return host === this.#peer.remote.host ? "peer" : "strangers";
  }

  #mayBegin(from: DtlsAddress): boolean {
    const kind = this.#kindOf(from);
    const atOnce = [...this.#associations.values()].filter(({ remote }) => this.#kindOf(remote) === kind).length;
    return this.#attempts[kind] < MAX_ATTEMPTS && atOnce < MAX_AT_ONCE;
  }
}

const keyOf = ({ host, port }: DtlsAddress): string => `${host}|${port}`;
