import type { Clock, Ids } from "../base/index.ts";
import { uints } from "./wire.ts";
import type { DtlsIdentity } from "./certificate.ts";
import type { DtlsOutcome } from "./channel.ts";
import type { SrtpProfile } from "../rtp/index.ts";

/** What both roles of a handshake need. */
export interface HandshakeOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: DtlsIdentity;
  /** What SRTP may be done with, the preferred one first. */
  readonly profiles: readonly SrtpProfile[];
  /** Whether a certificate (DER) is the peer's. */
  readonly isExpected: (certificate: Uint8Array) => boolean;
  readonly send: (datagram: Uint8Array) => void;
  /** When the handshake is given up. */
  readonly timeoutMs: number;
  /** Told once. */
  readonly over: (outcome: DtlsOutcome) => void;
}

/** One DTLS association, from its first flight on. */
export interface Association {
  receive(datagram: Uint8Array): void;
  /** Takes leave of the peer. Idempotent. */
  close(): void;
}

/** RFC 5246 §7.4.1.2. */
export const helloRandom = (ids: Ids): Uint8Array => uints(4, Array.from({ length: 8 }, () => ids.integer(2 ** 32)));
