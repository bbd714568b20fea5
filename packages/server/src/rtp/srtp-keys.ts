import { createCipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { PiopiyError } from "../base/index.ts";
import { keyAndSaltBytes, srtpProfiles, type SrtpProfile } from "./srtp-profile.ts";

/** What the packets of one direction are protected with, RTP or RTCP. */
export interface SessionKeys {
  readonly encryption: KeyObject;
  readonly authentication: Uint8Array;
  /** 14 bytes, or 12 with AES-GCM. */
  readonly salt: Uint8Array;
}

/** RFC 3711 §4.3.1: what a key is for. Those of RTCP are three further (§4.3.2). */
const LABEL = { encryption: 0, authentication: 1, salt: 2 } as const;
const CONTROL = 3;
/** RFC 3711 §5.2: 160 bits. */
const AUTHENTICATION_BYTES = 20;
const SALT_BYTES = 14;

/** RFC 3711 §4.3: the session keys that follow from a master key and salt. They are derived once: no rate is agreed on. */
export function sessionKeys(profile: SrtpProfile, keyAndSalt: Uint8Array, of: "rtp" | "rtcp"): SessionKeys {
  const { key, salt } = srtpProfiles[profile];
  if (keyAndSalt.length !== keyAndSaltBytes(profile)) throw new PiopiyError("media_failed", "An SRTP key has not the length of its profile.");
  const masterKey = createSecretKey(keyAndSalt.subarray(0, key));
  // RFC 7714 §11: a salt of 96 bits is followed by zeros up to the 112 of the derivation.
  const masterSalt = new Uint8Array(SALT_BYTES);
  masterSalt.set(keyAndSalt.subarray(key));
  const first = of === "rtp" ? 0 : CONTROL;
  const derived = (label: number, bytes: number) => derive(masterKey, masterSalt, first + label, bytes);
  return {
    encryption: createSecretKey(derived(LABEL.encryption, key)),
    authentication: derived(LABEL.authentication, AUTHENTICATION_BYTES),
    salt: derived(LABEL.salt, salt),
  };
}

/** RFC 3711 §4.3.1 and §4.3.3: `label` in the seventh byte from the end, over the salt, counts the key stream on from there. */
export function derive(masterKey: KeyObject, masterSalt: Uint8Array, label: number, bytes: number): Uint8Array {
  const counter = new Uint8Array(16);
  counter.set(masterSalt);
  counter[7] = (counter[7] ?? 0) ^ label;
  const cipher = createCipheriv(`aes-${(masterKey.symmetricKeySize ?? 0) * 8}-ctr`, masterKey, counter);
  return Uint8Array.from(cipher.update(new Uint8Array(bytes)));
}
