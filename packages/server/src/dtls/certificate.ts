import { generateKeyPairSync, sign, X509Certificate, type KeyObject } from "node:crypto";
import { concatBytes, utf8, type Ids } from "../base/index.ts";

/** What this server shows to its peers: a certificate that nobody vouches for but the fingerprint in SDP. */
export interface DtlsIdentity {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
}

/** ASN.1 in DER (X.690), as much as a certificate needs. */
const tagged = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const content = concatBytes(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes([Uint8Array.from([tag, ...size]), content]);
};
const sequence = (...parts: readonly Uint8Array[]) => tagged(0x30, ...parts);
const set = (...parts: readonly Uint8Array[]) => tagged(0x31, ...parts);
const integer = (bytes: Uint8Array) => tagged(0x02, bytes);
const identifier = (...octets: readonly number[]) => tagged(0x06, Uint8Array.from(octets));
const bitString = (bytes: Uint8Array) => tagged(0x03, Uint8Array.of(0), bytes);
const commonName = (name: string) => sequence(set(sequence(identifier(0x55, 0x04, 0x03), tagged(0x0c, utf8(name)))));

/** RFC 5280 §4.1.2.5: without an end that makes sense. What counts is the fingerprint: nobody looks at the dates (RFC 8122 §5). */
const VALIDITY = sequence(tagged(0x17, utf8("200101000000Z")), tagged(0x18, utf8("99991231235959Z")));

/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(identifier(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/**
 * A new key of P-256 with a certificate that it has signed itself, for one process: nothing has to be kept on a disk. Its
 * name says nothing.
 */
export function createIdentity(ids: Ids): DtlsIdentity {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const name = commonName("piopiy");
  // RFC 5280 §4.1.2.2: positive.
  const serial = Uint8Array.from({ length: 9 }, (_, index) => (index === 0 ? 1 : ids.integer(256)));
  const body = sequence(
    // Version 3.
    tagged(0xa0, integer(Uint8Array.of(2))),
    integer(serial),
    ECDSA_WITH_SHA256,
    name,
    VALIDITY,
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  return { certificate: sequence(body, ECDSA_WITH_SHA256, bitString(sign("sha256", body, privateKey))), privateKey };
}

/** The public key of a certificate; `undefined`: it is none. */
export function publicKeyOf(certificate: Uint8Array): KeyObject | undefined {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    return undefined;
  }
}
