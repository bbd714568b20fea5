import { createCipheriv, createDecipheriv, type CipherGCMTypes } from "node:crypto";
import { concatBytes } from "../base/index.ts";
import { putU16, putU32, u32 } from "./packet.ts";
import type { SessionKeys } from "./srtp-keys.ts";
import { CONTROL_HEADER_BYTES, CONTROL_INDEX_BYTES, ENCRYPTED, type SrtpTransform } from "./srtp-transform.ts";

const CYCLE = 65_536;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Only for the call at hand. */
const iv = new Uint8Array(IV_BYTES);

/** AES-GCM (RFC 7714). `control` is asked for with the first RTCP packet. */
export function gcmTransform(rtp: SessionKeys, control: () => SessionKeys): SrtpTransform {
  let made: SessionKeys | undefined;
  const controlKeys = () => (made ??= control());
  return {
    overhead: TAG_BYTES + CONTROL_INDEX_BYTES,
    seal(packet, payloadAt, ssrc, index, into) {
      // RFC 7714 §8.1: zeros, the source, the roll-over counter and the sequence number, over the salt.
      putIv(rtp.salt, ssrc, Math.floor(index / CYCLE), index % CYCLE);
      into.set(packet.subarray(0, payloadAt));
      return encrypt(rtp, packet.subarray(0, payloadAt), packet.subarray(payloadAt), into, payloadAt);
    },
    open(packet, payloadAt, ssrc, index, into) {
      if (packet.length < payloadAt + TAG_BYTES) return -1;
      putIv(rtp.salt, ssrc, Math.floor(index / CYCLE), index % CYCLE);
      const header = packet.subarray(0, payloadAt);
      into.set(header);
      return decrypt(rtp, header, packet.subarray(payloadAt), into, payloadAt);
    },
    sealControl(packet, ssrc, index, into) {
      const header = packet.subarray(0, CONTROL_HEADER_BYTES);
      const word = new Uint8Array(CONTROL_INDEX_BYTES);
      putU32(word, 0, index);
      word[0] = (word[0] ?? 0) | ENCRYPTED;
      putControlIv(controlKeys().salt, ssrc, index);
      into.set(header);
      // RFC 7714 §9.2: the header and the word with the flag are authenticated; the word stands behind the tag.
      const end = encrypt(controlKeys(), concatBytes([header, word]), packet.subarray(CONTROL_HEADER_BYTES), into, CONTROL_HEADER_BYTES);
      into.set(word, end);
      return end + CONTROL_INDEX_BYTES;
    },
    openControl(packet, ssrc, into) {
      const wordAt = packet.length - CONTROL_INDEX_BYTES;
      const word = packet.subarray(wordAt);
      putControlIv(controlKeys().salt, ssrc, u32(packet, wordAt) & 0x7fffffff);
      // RFC 7714 §9.3: without the flag everything is authenticated only.
      const clear = ((word[0] ?? 0) & ENCRYPTED) === 0 ? wordAt - TAG_BYTES : CONTROL_HEADER_BYTES;
      const header = packet.subarray(0, clear);
      into.set(header);
      return decrypt(controlKeys(), concatBytes([header, word]), packet.subarray(clear, wordAt), into, clear);
    },
    controlIndexAt: (packet) => (packet.length < CONTROL_HEADER_BYTES + TAG_BYTES + CONTROL_INDEX_BYTES ? -1 : packet.length - CONTROL_INDEX_BYTES),
  };
}

const algorithmOf = ({ encryption }: SessionKeys): CipherGCMTypes => (encryption.symmetricKeySize === 32 ? "aes-256-gcm" : "aes-128-gcm");

function encrypt(keys: SessionKeys, associated: Uint8Array, plain: Uint8Array, into: Uint8Array, at: number): number {
  const cipher = createCipheriv(algorithmOf(keys), keys.encryption, iv);
  cipher.setAAD(associated);
  into.set(cipher.update(plain), at);
  cipher.final();
  into.set(cipher.getAuthTag(), at + plain.length);
  return at + plain.length + TAG_BYTES;
}

function decrypt(keys: SessionKeys, associated: Uint8Array, sealed: Uint8Array, into: Uint8Array, at: number): number {
  const end = sealed.length - TAG_BYTES;
  const cipher = createDecipheriv(algorithmOf(keys), keys.encryption, iv);
  cipher.setAuthTag(sealed.subarray(end));
  cipher.setAAD(associated);
  const plain = cipher.update(sealed.subarray(0, end));
  try {
    cipher.final();
  } catch {
    // What the library has to say is that the tag is wrong.
    return -1;
  }
  into.set(plain, at);
  return at + end;
}

function putIv(salt: Uint8Array, ssrc: number, middle: number, last: number): void {
  putU16(iv, 0, 0);
  putU32(iv, 2, ssrc);
  putU32(iv, 6, middle);
  putU16(iv, 10, last);
  for (let byte = 0; byte < IV_BYTES; byte++) iv[byte] = (iv[byte] ?? 0) ^ (salt[byte] ?? 0);
}

/** RFC 7714 §9.1: the index of 31 bits takes the place of the last 32. */
const putControlIv = (salt: Uint8Array, ssrc: number, index: number): void => putIv(salt, ssrc, Math.floor(index / CYCLE), index % CYCLE);
