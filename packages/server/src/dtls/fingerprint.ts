import { createHash, timingSafeEqual } from "node:crypto";

/** What SDP says of a certificate (RFC 8122 §5): `value` is hexadecimal, octets set apart by colons. */
export interface Fingerprint {
  /** As RFC 8122 §5 names it: `sha-256`. */
  readonly hash: string;
  readonly value: string;
}

/**
 * The hash functions that are trusted, the strongest last. Deviation: RFC 8122 §5 lists MD5 and MD2 for those of old; for these two
 * certificates of the same hash can be made. SHA-1 is taken, as it is what some devices offer alone, and a second
 * certificate for a given hash cannot be found.
 */
const HASHES = ["sha-1", "sha-224", "sha-256", "sha-384", "sha-512"];

const strength = ({ hash }: Fingerprint): number => HASHES.indexOf(hash.toLowerCase());

const digest = (hash: string, certificate: Uint8Array): Uint8Array => createHash(hash.toLowerCase().replace("-", "")).update(certificate).digest();

/** Whether a certificate can be compared with it at all. */
export const isUsable = (fingerprint: Fingerprint): boolean => strength(fingerprint) >= 0;

/** Of a certificate it is always the same, and every call has the one of ours. */
const known = new WeakMap<Uint8Array, Fingerprint>();

/** RFC 8122 §5: with SHA-256, which everyone has to know. */
export function fingerprintOf(certificate: Uint8Array): Fingerprint {
  const value = () => Buffer.from(digest("sha-256", certificate)).toString("hex").toUpperCase().replace(/..(?!$)/g, "$&:");
  const fingerprint = known.get(certificate) ?? { hash: "sha-256", value: value() };
  known.set(certificate, fingerprint);
  return fingerprint;
}

/**
 * Whether a certificate is the one that SDP announced. RFC 8122 §5.1: of several fingerprints those of the strongest
 * hash function count, and of these any will do. Without one that can be used no certificate is right.
 */
export function isAnnounced(certificate: Uint8Array, announced: readonly Fingerprint[]): boolean {
  const usable = announced.filter(isUsable);
  const best = Math.max(...usable.map(strength));
  return usable.filter((one) => strength(one) === best).some(({ hash, value }) => isSame(value, digest(hash, certificate)));
}

function isSame(value: string, own: Uint8Array): boolean {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2})*$/i.test(value)) return false;
  const told = Buffer.from(value.replaceAll(":", ""), "hex");
  return told.length === own.length && timingSafeEqual(told, own);
}
