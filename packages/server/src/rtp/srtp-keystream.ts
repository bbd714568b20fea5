import { createCipheriv, type Cipher } from "node:crypto";
import { u16, u32 } from "./packet.ts";
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
let counters = new DataView(new ArrayBuffer(MOST_BYTES));

export function keystream(cipher: Cipher, salt: Uint8Array, ssrc: number, ahead = AHEAD): Keystream {
  const head = u32(salt, 0);
  const second = u32(salt, 4) ^ ssrc;
  const third = u32(salt, 8);
  const fourth = u16(salt, 12);
  let stream: Uint8Array = new Uint8Array(0);
  let first = 0;
  let packets = 0;
  let packetBytes = 0;

  const work = (index: number, bytes: number) => {
    packetBytes = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    packets = Math.max(1, Math.min(ahead, Math.floor(MOST_BYTES / packetBytes)));
    const whole = packets * packetBytes;
    if (counters.byteLength < whole) counters = new DataView(new ArrayBuffer(whole));
    first = index;
    for (let packet = 0; packet < packets; packet++) putCounters(packet * packetBytes, packetBytes, index + packet);
    stream = cipher.update(new Uint8Array(counters.buffer, 0, whole));
  };

  /** RFC 3711 §4.1.1: IV = (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16), and the block in the last 16 bits. */
  const putCounters = (at: number, bytes: number, index: number) => {
    const cycle = third ^ Math.floor(index / CYCLE);
    const rest = (fourth ^ (index % CYCLE)) << 16;
    for (let block = 0; block * BLOCK_BYTES < bytes; block++) {
      const blockAt = at + block * BLOCK_BYTES;
      counters.setInt32(blockAt, head);
      counters.setInt32(blockAt + 4, second);
      counters.setInt32(blockAt + 8, cycle);
      counters.setInt32(blockAt + 12, rest | block);
    }
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
