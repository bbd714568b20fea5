import { channels, type Clock, type Ids } from "../base/index.ts";
import { createEndpoint, type DtlsAddress, type DtlsEndpoint, type DtlsFailure, type DtlsIdentity, type DtlsPeer, type DtlsResult } from "../dtls/index.ts";
import type { DtlsWay, MediaParameters, MediaSession } from "../media/index.ts";
import { DTLS_PROTOCOLS, type LocalMedia, type Negotiated } from "../sdp/index.ts";

/** What a handshake takes. */
export interface KeyingParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: DtlsIdentity;
}

type Keys = NonNullable<MediaParameters["security"]>;

/** Brings a media session its keys by DTLS, wherever offer and answer say so (RFC 5763). */
export interface Keying {
  /** Puts what was settled into force; with a peer that has to prove itself first, once it has. */
  configure(negotiated: Negotiated): void;
  /** A handshake may begin before it is known with whom: what comes of it is kept until then. */
  expect(): void;
  /** Keys that were agreed on by a handshake and are in force. */
  readonly keys: Keys | undefined;
  /**
   * Told when the handshake fails, or soon when it has failed already; of several listeners the last one. A peer that says
   * nothing is waited for again as long as `isEarly`: some begin only when the call is answered.
   */
  onFailure(listener: (why: DtlsFailure) => void, isEarly: () => boolean): void;
  /** Takes leave of the peer. Idempotent. */
  close(): void;
}

/** As with keys in SDP: what everybody has comes first, and costs least; the shorter tag is for who has nothing else. */
const PROFILES = ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_32"] as const;
/** A ClientHello comes again after a second at the latest: what is kept only saves the waiting. */
const MAX_EARLY = 4;

interface Early {
  readonly datagram: Uint8Array;
  readonly from: DtlsAddress;
}

/** One association with one peer. */
interface Handshake {
  readonly about: string;
  readonly endpoint: DtlsEndpoint;
  /** As SDP had it then. */
  readonly peer: DtlsPeer;
  result: DtlsResult | undefined;
}

const keyings = new WeakMap<MediaSession, Keying>();

/** Lets a session have its keys by DTLS from now on. */
export function addKeying(session: MediaSession, parts: KeyingParts): void {
  keyings.set(session, new SessionKeying(session, parts));
}

export const keyingOf = (session: MediaSession): Keying | undefined => keyings.get(session);

/** Puts what offer and answer settled into force. */
export function configureMedia(session: MediaSession, negotiated: Negotiated): void {
  (keyings.get(session) ?? session).configure(negotiated);
}

/** An offer of ours is sent: where it asks for a handshake, that may begin before its answer is here (RFC 5763 §5). */
export function expectHandshake(session: MediaSession, { secured }: LocalMedia): void {
  if (secured !== undefined && DTLS_PROTOCOLS.has(secured)) keyings.get(session)?.expect();
}

/** Ends a session, and what its keys came from. */
export function closeSession(session: MediaSession): ReturnType<MediaSession["close"]> {
  keyings.get(session)?.close();
  return session.close();
}

class SessionKeying implements Keying {
  readonly #session: MediaSession;
  readonly #parts: KeyingParts;
  #keys: Keys | undefined;
  #way: DtlsWay | undefined;
  #early: Early[] | undefined;
  #handshake: Handshake | undefined;
  #negotiated: Negotiated | undefined;
  #failed: ((why: DtlsFailure) => void) | undefined;
  #isEarly: () => boolean = () => true;
  #closed = false;

  constructor(session: MediaSession, parts: KeyingParts) {
    this.#session = session;
    this.#parts = parts;
  }

  get keys(): Keys | undefined {
    return this.#keys;
  }

  expect(): void {
    if (this.#closed) return;
    this.#early ??= [];
    this.#open();
  }

  configure(negotiated: Negotiated): void {
    if (this.#closed) return;
    this.#negotiated = negotiated;
    if (negotiated.dtls) this.#agree(negotiated, negotiated.dtls);
    else this.#leave();
    this.#apply();
  }

  onFailure(listener: (why: DtlsFailure) => void, isEarly: () => boolean): void {
    this.#failed = listener;
    this.#isEarly = isEarly;
    const result = this.#handshake?.result;
    if (result?.ok === false) queueMicrotask(() => listener(result.why));
  }

  close(): void {
    this.#closed = true;
    this.#leave();
  }

  #open(): DtlsWay {
    return (this.#way ??= this.#session.dtls((datagram, from) => {
      this.#handshake?.endpoint.receive(datagram, from);
      if (this.#early && this.#early.length < MAX_EARLY) this.#early.push({ datagram, from });
    }));
  }

  /** RFC 8842 §3.1: another fingerprint, another role or another `tls-id` is another association; nothing else is. */
  #agree(negotiated: Negotiated, { role, fingerprints, tlsId }: NonNullable<Negotiated["dtls"]>): void {
    const about = JSON.stringify([role, tlsId, fingerprints.map(({ hash, value }) => `${hash} ${value.toUpperCase()}`).toSorted()]);
    if (this.#handshake?.about === about) return;
    this.#begin(about, { role, fingerprints, remote: negotiated.remote });
  }

  #begin(about: string, peer: DtlsPeer): void {
    this.#handshake?.endpoint.close();
    const way = this.#open();
    const endpoint = createEndpoint(
      {
        ...this.#parts,
        profiles: PROFILES,
        send: (datagram, to) => way.send(datagram, to),
        over: (result) => this.#over(handshake, result),
      },
      peer,
    );
    const handshake: Handshake = { about, endpoint, peer, result: undefined };
    this.#handshake = handshake;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const { datagram, from } of early) endpoint.receive(datagram, from);
  }

  #over(handshake: Handshake, result: DtlsResult): void {
    if (this.#handshake !== handshake) return;
    if (!result.ok && result.why === "timeout" && this.#isEarly()) return this.#begin(handshake.about, handshake.peer);
    handshake.result = result;
    this.#keys = result.ok ? result.keys : undefined;
    this.#apply();
    if (result.ok) return;
    channels.mediaHandshake.publish({ why: result.why, remote: handshake.peer.remote });
    this.#failed?.(result.why);
  }

  #apply(): void {
    const negotiated = this.#negotiated;
    if (!negotiated?.dtls) return negotiated && this.#session.configure(negotiated);
    const { peer, result } = this.#handshake ?? {};
    const { rtcp, ...media } = negotiated;
    // Deviation: RFC 5764 §3 has keys of their own for RTCP of who does not multiplex; such a peer gets no reports.
    const agreed = { ...media, ...(rtcp === "mux" && { rtcp }) };
    if (!result?.ok) return this.#session.configure({ ...agreed, awaitsKeys: true });
    // Who is behind a NAT is not where SDP says, but where its handshake came from.
    const remote = isSame(peer?.remote, negotiated.remote) ? result.remote : negotiated.remote;
    this.#session.configure({ ...agreed, remote, security: result.keys });
  }

  #leave(): void {
    this.#handshake?.endpoint.close();
    this.#handshake = undefined;
    this.#early = undefined;
    this.#way?.close();
    this.#way = undefined;
  }
}

const isSame = (one: DtlsAddress | undefined, other: DtlsAddress): boolean => one?.host === other.host && one.port === other.port;
