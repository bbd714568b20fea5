import { createHash, createHmac } from "node:crypto";
import { concatBytes, utf8 } from "../base/index.ts";
import type { WriteKey } from "./records.ts";
import { Reader } from "./wire.ts";

/** Both hellos' random values, of which everything is made fresh. */
export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

const KEY_BYTES = 16;
const IV_BYTES = 4;
const MASTER_BYTES = 48;
const VERIFY_BYTES = 12;

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

const hmac = (secret: Uint8Array, data: Uint8Array): Uint8Array => createHmac("sha256", secret).update(data).digest();

/** RFC 5246 §5, with SHA-256. */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelled = concatBytes([utf8(label), seed]);
  const blocks: Uint8Array[] = [];
  let chained = labelled;
  for (let made = 0; made < length; made += 32) {
    chained = hmac(secret, chained);
    blocks.push(hmac(secret, concatBytes([chained, labelled])));
  }
  return concatBytes(blocks).subarray(0, length);
}

/** RFC 5246 §8.1. */
export const masterSecret = (premaster: Uint8Array, { client, server }: Randoms): Uint8Array =>
  prf(premaster, "master secret", concatBytes([client, server]), MASTER_BYTES);

/** RFC 7627 §4: bound to everything that was said up to the client's key. */
export const extendedMasterSecret = (premaster: Uint8Array, transcript: Uint8Array): Uint8Array =>
  prf(premaster, "extended master secret", sha256(transcript), MASTER_BYTES);

export interface WriteKeys {
  readonly client: WriteKey;
  readonly server: WriteKey;
}

/** RFC 5246 §6.3: an AEAD has no MAC keys. */
export function writeKeys(master: Uint8Array, { client, server }: Randoms): WriteKeys {
  const block = new Reader(prf(master, "key expansion", concatBytes([server, client]), 2 * (KEY_BYTES + IV_BYTES)));
  const [clientKey, serverKey] = [block.take(KEY_BYTES), block.take(KEY_BYTES)];
  return { client: { key: clientKey, iv: block.take(IV_BYTES) }, server: { key: serverKey, iv: block.take(IV_BYTES) } };
}

/** RFC 5246 §7.4.9: what a Finished says. */
export const finishedData = (master: Uint8Array, who: "client" | "server", transcript: Uint8Array): Uint8Array =>
  prf(master, `${who} finished`, sha256(transcript), VERIFY_BYTES);

/** RFC 5705 §4, without a context. */
export const exported = (master: Uint8Array, label: string, { client, server }: Randoms, length: number): Uint8Array =>
  prf(master, label, concatBytes([client, server]), length);
