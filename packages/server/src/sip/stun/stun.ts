import { crc32 } from "node:zlib";

/*
 * RFC 8489 §5:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  |0 0|     STUN Message Type     |         Message Length        |
 *  |                         Magic Cookie                          |
 *  |                     Transaction ID (96 bits)                  |
 */

/** One attribute: its type and its value without padding. */
export type StunAttribute = readonly [type: number, value: Uint8Array];

export interface StunMessage {
  readonly type: number;
  /** 12 bytes; 16 of an RFC 3489 client, which knows no cookie. */
  readonly transaction: Uint8Array;
  readonly attributes: readonly StunAttribute[];
}

export const STUN = { request: 0x0001, success: 0x0101, error: 0x0111 } as const;
export const ATTRIBUTE = {
  mappedAddress: 0x0001, errorCode: 0x0009, unknown: 0x000a, xorMappedAddress: 0x0020, software: 0x8022, fingerprint: 0x8028,
} as const;

const HEADER = 20;
const COOKIE = 0x2112a442;

/** Whether a datagram is STUN about bindings: SIP begins with a letter or a line end (RFC 5626 §8.1, RFC 8489 §6.3). */
export const looksLikeStun = (bytes: Uint8Array): boolean => bytes.length >= HEADER && (bytes[0] ?? 0xff) < 4;

/** A STUN message; `undefined` when the bytes are none or malformed. Never throws. */
export function parseStun(bytes: Uint8Array): StunMessage | undefined {
  if (!looksLikeStun(bytes)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint16(2);
  if (length % 4 !== 0 || length !== bytes.length - HEADER) return undefined;
  const classic = view.getUint32(4) !== COOKIE;
  const attributes: StunAttribute[] = [];
  let at = HEADER;
  while (at < bytes.length) {
    const end = at + 4 + view.getUint16(at + 2);
    if (end > bytes.length) return undefined;
    attributes.push([view.getUint16(at), bytes.subarray(at + 4, end)]);
    at = padded(end);
  }
  return { type: view.getUint16(0), transaction: bytes.subarray(classic ? 4 : 8, HEADER), attributes };
}

/** The bytes of a message; with `fingerprint` as its last attribute (RFC 8489 §14.7). */
export function buildStun({ type, transaction, attributes }: StunMessage, fingerprint = false): Uint8Array {
  const size = attributes.reduce((sum, [, value]) => sum + 4 + padded(value.length), HEADER) + (fingerprint ? 8 : 0);
  const bytes = Buffer.alloc(size);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(size - HEADER, 2);
  if (transaction.length === 12) bytes.writeUInt32BE(COOKIE, 4);
  bytes.set(transaction, HEADER - transaction.length);
  let at = HEADER;
  for (const [name, value] of attributes) {
    bytes.writeUInt16BE(name, at);
    bytes.writeUInt16BE(value.length, at + 2);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  if (fingerprint) {
    bytes.writeUInt16BE(ATTRIBUTE.fingerprint, at);
    bytes.writeUInt16BE(4, at + 2);
    bytes.writeUInt32BE((crc32(bytes.subarray(0, at)) ^ 0x5354554e) >>> 0, at + 4);
  }
  return bytes;
}

const padded = (length: number): number => Math.ceil(length / 4) * 4;

/** The value of MAPPED-ADDRESS; XORed with the cookie and the transaction for XOR-MAPPED-ADDRESS (RFC 8489 §14.1, §14.2). */
export function addressValue(address: Uint8Array, port: number, transaction?: Uint8Array): Uint8Array {
  const value = Buffer.alloc(4 + address.length);
  value[1] = address.length === 4 ? 1 : 2;
  value.writeUInt16BE(port, 2);
  value.set(address, 4);
  if (transaction) {
    const mask = Buffer.alloc(4 + transaction.length);
    mask.writeUInt32BE(COOKIE, 0);
    mask.set(transaction, 4);
    value.writeUInt16BE(port ^ (COOKIE >>> 16), 2);
    address.forEach((byte, index) => {
      value[4 + index] = byte ^ (mask[index] ?? 0);
    });
  }
  return value;
}
