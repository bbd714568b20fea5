import { hash } from "node:crypto";
import { putU32 } from "./packet.ts";

/** RFC 2104 §2, with SHA-1. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 20;
/** Room for 20 ms of G.711 with its header and the trailer; longer messages make more. */
const MESSAGE_BYTES = 176;

/** Writes the first `bytes` of the HMAC-SHA1 of a message into `into`. */
export type Tagger = (message: Uint8Array, length: number, trailer: number, into: Uint8Array, at: number, bytes: number) => void;

/**
 * HMAC-SHA1 (RFC 2104) of `length` bytes of a message and a trailer of 32 bits behind them. It is made of two one-shot
 * hashes, behind the key's two blocks: a `createHmac` for each packet takes twice as long.
 */
export function hmacSha1(key: Uint8Array): Tagger {
  let inner = padded(key, 0x36, MESSAGE_BYTES);
  const outer = padded(key, 0x5c, DIGEST_BYTES);
  // Packets of a stream are mostly equally long.
  let hashed = inner;
  return (message, length, trailer, into, at, bytes) => {
    const end = BLOCK_BYTES + length;
    if (inner.length < end + 4) inner = padded(key, 0x36, length + 4);
    if (hashed.length !== end + 4 || hashed.buffer !== inner.buffer) hashed = inner.subarray(0, end + 4);
    for (let byte = 0; byte < length; byte++) inner[BLOCK_BYTES + byte] = message[byte] ?? 0;
    putU32(inner, end, trailer);
    putText(outer, BLOCK_BYTES, hash("sha1", hashed, "binary"), DIGEST_BYTES);
    putText(into, at, hash("sha1", outer, "binary"), bytes);
  };
}

/** Each character is a byte. */
function putText(into: Uint8Array, at: number, text: string, bytes: number): void {
  for (let byte = 0; byte < bytes; byte++) into[at + byte] = text.charCodeAt(byte);
}

/** The key's block, and room behind it. */
function padded(key: Uint8Array, pad: number, room: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES + room);
  bytes.set(key);
  for (let byte = 0; byte < BLOCK_BYTES; byte++) bytes[byte] = (bytes[byte] ?? 0) ^ pad;
  return bytes;
}
