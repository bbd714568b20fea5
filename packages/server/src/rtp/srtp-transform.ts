/**
 * Protects the packets of one direction, whatever their source. What it makes goes into `into`, which has room for it;
 * the number is that of the bytes there. An RTP index is the roll-over counter × 65536 + the sequence number.
 */
export interface SrtpTransform {
  /** How many bytes are added at most, to RTP and to RTCP. */
  readonly overhead: number;
  seal(packet: Uint8Array, payloadAt: number, ssrc: number, index: number, into: Uint8Array): number;
  /** -1: not authentic. */
  open(packet: Uint8Array, payloadAt: number, ssrc: number, index: number, into: Uint8Array): number;
  sealControl(packet: Uint8Array, ssrc: number, index: number, into: Uint8Array): number;
  /** -1: not authentic. */
  openControl(packet: Uint8Array, ssrc: number, into: Uint8Array): number;
  /** Where the E flag and the index of an SRTCP packet are; below zero: it is too short to have them. */
  controlIndexAt(packet: Uint8Array): number;
}

/** The header of RTCP that stays readable: the first packet's, with its source (RFC 3711 §3.4). */
export const CONTROL_HEADER_BYTES = 8;
/** The E flag and the index of 31 bits (RFC 3711 §3.4). */
export const CONTROL_INDEX_BYTES = 4;
/** The highest bit: the packet is encrypted, not only authentic. */
export const ENCRYPTED = 0x80;

/** Compares in the same time whatever is different. */
export function sameBytes(one: Uint8Array, oneAt: number, other: Uint8Array, otherAt: number, bytes: number): boolean {
  let different = 0;
  for (let at = 0; at < bytes; at++) different |= (one[oneAt + at] ?? 0) ^ (other[otherAt + at] ?? 0);
  return different === 0;
}
