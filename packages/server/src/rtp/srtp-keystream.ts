import { createCipheriv, type Cipher } from "node:crypto";
import { putU16, putU32 } from "./packet.ts";
import type { SessionKeys } from "./srtp-keys.ts";

/** The key stream of one packet at a time (RFC 3711 §4.1.1); every source has its own. */
export interface Keystream {
  /** XORs the bytes of `from` after `at` up to `end` with the key stream of `index`, into the same places of `into`. */
  cover(index: number, from: Uint8Array, at: number, end: number, into: Uint8Array): void;
}

const BLOCK_BYTES = 16;
/** Packets of a stream come one after the other: so many are worked out at once, as a call of the cipher costs more than a block. */
const AHEAD = 8;
/** Large packets are not worked out ahead beyond this. */
const MOST_BYTES = 4096;
const CYCLE = 65_536;

/** The cipher of all sources of a key: AES in counter mode is this, over counters. It never ends, so that it is made once. */
export function blockCipher({ encryption }: Pick<SessionKeys, "encryption">): Cipher {
  const cipher = createCipheriv(`aes-${(encryption.symmetricKeySize ?? 0) * 8}-ecb`, encryption, null);
  cipher.setAutoPadding(false);
  return cipher;
}

/** Only for the call at hand. */
let counters = new Uint8Array(MOST_BYTES);

export function keystream(cipher: Cipher, salt: Uint8Array, ssrc: number, ahead = AHEAD): Keystream {
  let stream: Uint8Array = new Uint8Array(0);
  let first = 0;
  let packets = 0;
  let packetBytes = 0;

  const work = (index: number, bytes: number) => {
    packetBytes = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    packets = Math.max(1, Math.min(ahead, Math.floor(MOST_BYTES / packetBytes)));
    const whole = packets * packetBytes;
    if (counters.length < whole) counters = new Uint8Array(whole);
    first = index;
    for (let at = 0; at < whole; at += BLOCK_BYTES) {
      putCounter(counters, at, salt, ssrc, index + Math.floor(at / packetBytes), (at % packetBytes) / BLOCK_BYTES);
    }
    stream = cipher.update(counters.subarray(0, whole));
  };

  return {
    cover(index, from, at, end, into) {
      const bytes = end - at;
      if (bytes <= 0) return;
      if (index < first || index >= first + packets || bytes > packetBytes) work(index, bytes);
      const offset = (index - first) * packetBytes - at;
      for (let byte = at; byte < end; byte++) into[byte] = (from[byte] ?? 0) ^ (stream[offset + byte] ?? 0);
    },
  };
}

/** RFC 3711 §4.1.1: IV = (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16), and the block in the last 16 bits. */
function putCounter(into: Uint8Array, at: number, salt: Uint8Array, ssrc: number, index: number, block: number): void {
  into.fill(0, at, at + 4);
  putU32(into, at + 4, ssrc);
  putU32(into, at + 8, Math.floor(index / CYCLE));
  putU16(into, at + 12, index % CYCLE);
  for (let byte = 0; byte < salt.length; byte++) into[at + byte] = (into[at + byte] ?? 0) ^ (salt[byte] ?? 0);
  putU16(into, at + 14, block);
}
