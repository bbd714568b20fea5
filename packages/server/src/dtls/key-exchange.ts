import { constants, createECDH, createPublicKey, diffieHellman, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { GROUP } from "./numbers.ts";

/** The key of one handshake, of which both sides make the same secret (RFC 8422 §2.1, §2.2). */
export interface Ephemeral {
  readonly group: number;
  readonly point: Uint8Array;
  /** The secret with the other side's point; `undefined`: that is none. */
  agree(point: Uint8Array): Uint8Array | undefined;
}

/** What we can do, the preferred one first. */
export const GROUPS: readonly number[] = [GROUP.x25519, GROUP.secp256r1];

export function createEphemeral(group: number): Ephemeral | undefined {
  if (group === GROUP.secp256r1) return onP256();
  return group === GROUP.x25519 ? onX25519() : undefined;
}

function onP256(): Ephemeral {
  const ecdh = createECDH("prime256v1");
  // RFC 8422 §5.1.2: points are not compressed.
  const point = ecdh.generateKeys();
  const agree = (other: Uint8Array) => (other.length === point.length && other[0] === 4 ? attempt(() => ecdh.computeSecret(other)) : undefined);
  return { group: GROUP.secp256r1, point, agree };
}

function onX25519(): Ephemeral {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const point = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const agree = (other: Uint8Array) => {
    if (other.length !== point.length) return undefined;
    const x = Buffer.from(other).toString("base64url");
    // RFC 7748 §6.1: of a point of small order no secret is made; the library refuses it.
    return attempt(() => diffieHellman({ privateKey, publicKey: createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" }) }));
  };
  return { group: GROUP.x25519, point, agree };
}

interface Scheme {
  readonly hash: string;
  readonly key: "ec" | "rsa";
  readonly pss?: true;
}

/** RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3. Nothing with SHA-1. */
const SCHEMES: ReadonlyMap<number, Scheme> = new Map<number, Scheme>([
  [0x0403, { hash: "sha256", key: "ec" }],
  [0x0503, { hash: "sha384", key: "ec" }],
  [0x0603, { hash: "sha512", key: "ec" }],
  [0x0804, { hash: "sha256", key: "rsa", pss: true }],
  [0x0805, { hash: "sha384", key: "rsa", pss: true }],
  [0x0401, { hash: "sha256", key: "rsa" }],
  [0x0501, { hash: "sha384", key: "rsa" }],
  [0x0601, { hash: "sha512", key: "rsa" }],
]);

export const SIGNATURE_SCHEMES: readonly number[] = [...SCHEMES.keys()];
/** What we sign with: our own key is one of P-256. */
export const OUR_SCHEME = 0x0403;

export const signed = (data: Uint8Array, privateKey: KeyObject): Uint8Array => sign("sha256", data, privateKey);

/** Whether the owner of that key has signed. */
export function isSigned(schemeNumber: number, data: Uint8Array, publicKey: KeyObject, signature: Uint8Array): boolean {
  const scheme = SCHEMES.get(schemeNumber);
  if (!scheme || scheme.key !== publicKey.asymmetricKeyType) return false;
  const key = scheme.pss
    ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : publicKey;
  return attempt(() => verify(scheme.hash, data, key, signature)) ?? false;
}

/** What the library refuses with an error is as good as wrong. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
