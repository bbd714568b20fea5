import { secretBytes } from "../base/index.ts";
import { fingerprintOf, type DtlsIdentity } from "../dtls/index.ts";
import { cryptoSuites, type CryptoSuite, type LocalMedia, type LocalSecurity } from "../sdp/index.ts";
import { isSecure, type TransportName } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";

/** Whether media is SRTP: never, where the other side wants it or may be asked for it, or always. */
export type EncryptionPolicy = "off" | "optional" | "required";

/** Keys in SDP (RFC 4568), or agreed on by a handshake where the media goes (RFC 5763). */
export type KeyingMethod = "sdes" | "dtls";

/** How the keys of a leg's audio come about; `none`: it is in the clear. */
export type LegKeys = KeyingMethod | "none";

/** What offer and answer made of a leg's audio in mid-call. */
export interface EncryptionChange {
  readonly before: LegKeys;
  readonly now: LegKeys;
}

export interface Encryption {
  /** Undefined: somebody who is neither a phone nor a trunk of ours. */
  readonly policyOf: (peer: CallSource | undefined) => EncryptionPolicy;
  /** Keys may go over signalling that can be read on its way, as RFC 4568 §7 forbids. */
  readonly keysInClear: boolean;
  /** How we ask for keys; either way is answered. Absent: by SDES. */
  readonly keyingOf?: (peer: CallSource | undefined) => KeyingMethod;
  /** What we show in a handshake of DTLS; without one there is none. */
  readonly identity?: DtlsIdentity;
}

/** Who is talked with, and how what is signalled gets there. */
export interface Signalled {
  readonly peer: CallSource | undefined;
  readonly transport: TransportName;
  /** Where it comes from. */
  readonly host?: string;
}

export const KEYS_NEED_TLS = "Only encrypted audio is taken here, and its keys over TLS alone.";

/** RFC 5764 §8. */
export const DTLS_PROTOCOL = "UDP/TLS/RTP/SAVP";

/** RFC 4568 §6.2: what everybody has comes first; the shorter tag is for who has nothing else. */
const SUITES: readonly CryptoSuite[] = ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_32"];

/**
 * What we answer to an offer with. Where encryption is only welcome, a peer that has told its key in the clear gets
 * ours: that is no worse than plain RTP. Where it is required, such keys are none.
 */
export function answering(local: LocalMedia, encryption: Encryption | undefined, { peer, transport, host }: Signalled): LocalMedia {
  const policy = encryption?.policyOf(peer) ?? "off";
  if (policy === "off") return local;
  const required = policy === "required";
  const keyed = !required || mayTellKeys(encryption, transport);
  return { ...local, security: { required, keys: keyed ? newKeys() : [], ...handshake(encryption, host) } };
}

/**
 * What we offer, the best first: where encryption is only welcome, SRTP and then plain RTP for who refuses that. None:
 * it is required, and its keys could be read on their way.
 */
export function offering(local: LocalMedia, encryption: Encryption | undefined, { peer, transport }: Signalled): readonly LocalMedia[] {
  const policy = encryption?.policyOf(peer) ?? "off";
  if (policy === "off") return [local];
  const required = policy === "required";
  const able = () => ({ ...local, security: { required, keys: newKeys(), ...handshake(encryption) } });
  const protocol = securedBy(encryption, { peer, transport });
  const secured = protocol === undefined ? [] : [{ ...able(), secured: protocol }];
  // Its keys are of its own, for whoever asks for them in mid-call.
  return required ? secured : [...secured, able()];
}

/** RFC 5763 §5: what a handshake needs may be read by everybody, so that it is offered over every transport. */
function securedBy(encryption: Encryption | undefined, { peer, transport }: Signalled): string | undefined {
  if (encryption?.identity && encryption.keyingOf?.(peer) === "dtls") return DTLS_PROTOCOL;
  return mayTellKeys(encryption, transport) ? "RTP/SAVP" : undefined;
}

function handshake(encryption: Encryption | undefined, peerHost?: string): Pick<LocalSecurity, "dtls"> {
  const { identity } = encryption ?? {};
  return identity ? { dtls: { fingerprint: fingerprintOf(identity.certificate), ...(peerHost !== undefined && { peerHost }) } } : {};
}

const mayTellKeys = (encryption: Encryption | undefined, transport: TransportName): boolean => isSecure(transport) || encryption?.keysInClear === true;

/** RFC 4568 §5.1.1, §7.1: random, and used for nothing else. Most calls never tell one: it is made for those that do. */
class OwnKey {
  readonly suite: CryptoSuite;
  #bytes: Uint8Array | undefined;

  constructor(suite: CryptoSuite) {
    this.suite = suite;
  }

  get keyAndSalt(): Uint8Array {
    return (this.#bytes ??= secretBytes(cryptoSuites[this.suite]));
  }
}

const newKeys = () => SUITES.map((suite) => new OwnKey(suite));
