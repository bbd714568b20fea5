import { offeredCrypto, type CryptoSuite, type SdpCrypto } from "./crypto.ts";
import { acceptedRole, answeredRole, DTLS_PROTOCOLS, type DtlsRole, type NegotiatedDtls, type SdpDtls } from "./dtls.ts";
import type { LocalMedia, Negotiated, SdpMedia } from "./session.ts";

/**
 * How a stream is protected: not at all, by these keys (`crypto` is the line of ours that says so in an answer), or by
 * those that a handshake will bring.
 */
export type Protection =
  | { readonly secure: false }
  | { readonly secure: true; readonly security: NonNullable<Negotiated["security"]>; readonly crypto: SdpCrypto }
  | { readonly secure: true; readonly dtls: NegotiatedDtls };

/** AVPF (RFC 4585, RFC 5124) only adds feedback that may be left out. */
const PLAIN = new Set(["RTP/AVP", "RTP/AVPF"]);
const SECURE = new Set(["RTP/SAVP", "RTP/SAVPF"]);

/** Whether its protocol is one that is spoken here. */
export const isSpoken = ({ protocol }: SdpMedia): boolean => PLAIN.has(protocol) || isSecure({ protocol });

const isSecure = ({ protocol }: Pick<SdpMedia, "protocol">): boolean => SECURE.has(protocol) || DTLS_PROTOCOLS.has(protocol);

/**
 * How an offered stream would be answered. RFC 4568 §5.1.2: the first key that can be used, and ours for the same suite
 * under the same tag. RFC 8643 §3.2: keys beside RTP/AVP, the way of phones that encrypt where they can, are answered
 * beside RTP/AVP. `undefined`: it cannot be taken.
 */
export function answeredProtection(media: SdpMedia, { security }: LocalMedia): Protection | undefined {
  const byDtls = DTLS_PROTOCOLS.has(media.protocol);
  for (const theirs of security && !byDtls ? media.crypto : []) {
    const ours = security?.keys.find(({ suite }) => suite === theirs.suite);
    if (ours) return protection({ tag: theirs.tag, suite: ours.suite, keyAndSalt: ours.keyAndSalt }, theirs);
  }
  // RFC 5763 §5 has a protocol of its own for it. Some write RTP/SAVP, with a fingerprint in place of a key.
  const handshake = isSecure(media) && security?.dtls && media.dtls && handshakeWith(media.dtls, answeredRole(media.dtls, security.dtls, media.host));
  if (handshake) return handshake;
  return isSecure(media) || security?.required ? undefined : { secure: false };
}

/** RFC 4568 §5.1.3: the answer has one of the keys' tags that were offered, for its suite. `undefined`: it cannot be taken. */
export function acceptedProtection(media: SdpMedia, { security, secured }: LocalMedia): Protection | undefined {
  if (secured === undefined || !security) return isSecure(media) || security?.required ? undefined : { secure: false };
  if (DTLS_PROTOCOLS.has(secured)) return isSecure(media) && media.dtls ? handshakeWith(media.dtls, acceptedRole(media.dtls)) : undefined;
  const [theirs] = media.crypto;
  const ours = offeredCrypto(security.keys).find(({ tag, suite }) => tag === theirs?.tag && suite === theirs.suite);
  if (theirs && ours) return protection(ours, theirs);
  // Keys that were only offered beside RTP/AVP may be left unanswered.
  return isSecure(media) || security.required || SECURE.has(secured) ? undefined : { secure: false };
}

function protection(ours: SdpCrypto, theirs: SdpCrypto): Protection {
  const profile: CryptoSuite = ours.suite;
  return { secure: true, crypto: ours, security: { profile, send: ours.keyAndSalt, receive: theirs.keyAndSalt } };
}

function handshakeWith({ fingerprints, tlsId }: SdpDtls, role: DtlsRole | undefined): Protection | undefined {
  return role && { secure: true, dtls: { role, fingerprints, ...(tlsId !== undefined && { tlsId }) } };
}

/** Why none of these streams can be taken; `undefined`: not because of how they are protected. */
export function whyUnprotected(all: readonly SdpMedia[], { security }: LocalMedia): string | undefined {
  const secure = all.filter(isSecure);
  if (!security) return secure.length > 0 && secure.length === all.length ? "Encrypted audio (RTP/SAVP) is not taken here." : undefined;
  if (secure.length > 0 && secure.length === all.length && secure.every(({ protocol }) => DTLS_PROTOCOLS.has(protocol))) return whyNoHandshake(secure, security.dtls !== undefined);
  if (security.keys.length === 0) return "Encrypted audio is taken over TLS alone.";
  if (all.some(({ crypto }) => crypto.some(({ suite }) => security.keys.some((one) => one.suite === suite)))) return undefined;
  if (secure.length > 0 && (security.required || secure.length === all.length)) return `No suite of SRTP in common (a=crypto): here it is ${security.keys.map(({ suite }) => suite).join(", ")}.`;
  return security.required ? "Only encrypted audio is taken here: RTP/SAVP with a=crypto." : undefined;
}

function whyNoHandshake(all: readonly SdpMedia[], able: boolean): string | undefined {
  if (!able) return "Keys of SRTP are not agreed on by DTLS here.";
  if (all.every(({ dtls }) => dtls === undefined)) return "There is no fingerprint (a=fingerprint) that can be used: here it is sha-1 to sha-512.";
  return all.every(({ dtls }) => dtls?.setup === "holdconn") ? "A handshake of DTLS is needed (a=setup)." : undefined;
}
