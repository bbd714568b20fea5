import type { Latch, MediaAddress } from "./latch.ts";

/** Where the datagrams of a handshake leave the way of RTP. The handshake itself is done on another thread. */
export interface DtlsDoor {
  /** True: it was DTLS, and is no packet of media, whatever became of it. */
  takes(datagram: Uint8Array, host: string, port: number, nowMs: number): boolean;
}

/** RFC 7983 §7. */
const DTLS_FIRST = 20;
const DTLS_LAST = 63;
/** A handshake has six flights, of which the longest may be ten datagrams; each may come again. */
const PEER = { burst: 64, perSecond: 32 } as const;
/** A peer behind a NAT is one of these, too. */
const STRANGERS = { burst: 16, perSecond: 8 } as const;

/** Whether a datagram that shares the port with RTP is one of DTLS. */
export const isDtls = (datagram: Uint8Array): boolean => {
  const first = datagram[0] ?? 0;
  return first >= DTLS_FIRST && first <= DTLS_LAST;
};

/** `peer` knows whether the peer's media comes from a host, as far as anybody does. */
export function createDtlsDoor(peer: Pick<Latch, "knows">, came: (datagram: Uint8Array, from: MediaAddress) => void): DtlsDoor {
  const [peers, strangers] = [allowance(PEER), allowance(STRANGERS)];
  return {
    takes(datagram, host, port, nowMs) {
      if (!isDtls(datagram)) return false;
      // Whoever floods the port finds the thread busy that all signalling goes through: it gets no more than this of it.
      const allows = peer.knows(host) ? peers : strangers;
      if (allows(nowMs)) came(datagram, { host, port });
      return true;
    },
  };
}

type Allowance = (nowMs: number) => boolean;

function allowance({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }): Allowance {
  let [tokens, atMs] = [burst, 0];
  return (nowMs) => {
    tokens = Math.min(burst, tokens + ((nowMs - atMs) * perSecond) / 1000);
    atMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
