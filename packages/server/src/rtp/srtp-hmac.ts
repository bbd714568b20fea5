import { hash } from "node:crypto";

/** RFC 2104 §2, with SHA-1. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 20;

/** Writes the first `bytes` of the HMAC-SHA1 of a message into `into`. */
export type Tagger = (message: Uint8Array, length: number, trailer: number, into: Uint8Array, at: number, bytes: number) => void;

/** Only for the call at hand: all keys of a thread share it. */
let inner = Buffer.alloc(BLOCK_BYTES + 2048);
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
const digest = Buffer.alloc(DIGEST_BYTES);

/**
 * HMAC-SHA1 (RFC 2104) of `length` bytes of a message and a trailer of 32 bits behind them. It is made of two one-shot
 * hashes, with the key's two blocks kept: a `createHmac` for each packet takes twice as long.
 */
export function hmacSha1(key: Uint8Array): Tagger {
  const innerBlock = padded(key, 0x36);
  const outerBlock = padded(key, 0x5c);
  return (message, length, trailer, into, at, bytes) => {
    const end = BLOCK_BYTES + length;
    if (inner.length < end + 4) inner = Buffer.alloc(end + 4);
    inner.set(innerBlock);
    inner.set(message.length === length ? message : message.subarray(0, length), BLOCK_BYTES);
    inner.writeInt32BE(trailer | 0, end);
    outer.set(outerBlock);
    outer.write(hash("sha1", inner.subarray(0, end + 4), "binary"), BLOCK_BYTES, "latin1");
    digest.write(hash("sha1", outer, "binary"), 0, "latin1");
    for (let byte = 0; byte < bytes; byte++) into[at + byte] = digest[byte] ?? 0;
  };
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key);
  return block.map((byte) => byte ^ pad);
}
