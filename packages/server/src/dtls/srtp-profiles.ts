import { concatBytes } from "../base/index.ts";
import { keyAndSaltBytes, type SrtpKeys, type SrtpProfile } from "../rtp/index.ts";
import { exported, type Randoms } from "./secrets.ts";
import { Reader } from "./wire.ts";

/** RFC 5764 §4.1.2, RFC 7714 §14.2. */
const NUMBERS: Readonly<Record<SrtpProfile, number>> = {
  AES_CM_128_HMAC_SHA1_80: 0x0001,
  AES_CM_128_HMAC_SHA1_32: 0x0002,
  AEAD_AES_128_GCM: 0x0007,
  AEAD_AES_256_GCM: 0x0008,
};
/** The salt of AES-CM has 112 bits (RFC 3711 §8.2), that of GCM 96 (RFC 7714 §12). */
const saltBytes = (profile: SrtpProfile): number => (profile.startsWith("AEAD") ? 12 : 14);

export const numberOf = (profile: SrtpProfile): number => NUMBERS[profile];

/** The first of ours that is among theirs. */
export const commonProfile = (ours: readonly SrtpProfile[], theirs: readonly number[]): SrtpProfile | undefined =>
  ours.find((profile) => theirs.includes(numberOf(profile)));

/** RFC 5764 §4.2: both keys, then both salts, the client's first. */
export function srtpKeys(profile: SrtpProfile, role: "client" | "server", master: Uint8Array, randoms: Randoms): SrtpKeys {
  const salt = saltBytes(profile);
  const key = keyAndSaltBytes(profile) - salt;
  const material = new Reader(exported(master, "EXTRACTOR-dtls_srtp", randoms, 2 * (key + salt)));
  const [clientKey, serverKey, clientSalt, serverSalt] = [material.take(key), material.take(key), material.take(salt), material.take(salt)];
  const client = concatBytes([clientKey, clientSalt]);
  const server = concatBytes([serverKey, serverSalt]);
  return role === "client" ? { profile, send: client, receive: server } : { profile, send: server, receive: client };
}
