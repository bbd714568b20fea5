/** The fixed part of an RTP header, without CSRCs. */
export const RTP_HEADER_BYTES = 12;

/** Why a datagram is no RTP packet. */
export type RtpFailure = "too_short" | "wrong_version" | "csrc_beyond_end" | "extension_beyond_end" | "padding_beyond_end";

/**
 * One RTP packet as it lies in its datagram. The record is filled in place by `parseRtp`, so that a receiver needs
 * one for all packets; offsets and lengths are in bytes from the start of the datagram.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           timestamp                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           synchronization source (SSRC) identifier            |
 * +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 * |            contributing source (CSRC) identifiers             |
 */
export interface RtpView {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  csrcCount: number;
  /** The "defined by profile" word of the header extension; -1 without one. */
  extensionProfile: number;
  extensionOffset: number;
  extensionLength: number;
  payloadOffset: number;
  /** Without padding. */
  payloadLength: number;
}

/** A record for `parseRtp` to fill. */
export const rtpView = (): RtpView => ({
  marker: false,
  payloadType: 0,
  sequence: 0,
  timestamp: 0,
  ssrc: 0,
  csrcCount: 0,
  extensionProfile: -1,
  extensionOffset: 0,
  extensionLength: 0,
  payloadOffset: 0,
  payloadLength: 0,
});

const u8 = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
export const u16 = (bytes: Uint8Array, at: number): number => (u8(bytes, at) << 8) | u8(bytes, at + 1);
export const u32 = (bytes: Uint8Array, at: number): number => ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;

/** Reads the packet of one datagram into `view`. Returns the failure, or undefined when it is RTP; never throws. */
export function parseRtp(bytes: Uint8Array, view: RtpView): RtpFailure | undefined {
  if (bytes.length < RTP_HEADER_BYTES) return "too_short";
  const first = u8(bytes, 0);
  if (first >> 6 !== 2) return "wrong_version";
  view.csrcCount = first & 0x0f;
  let at = RTP_HEADER_BYTES + view.csrcCount * 4;
  if (at > bytes.length) return "csrc_beyond_end";
  view.extensionProfile = -1;
  view.extensionLength = 0;
  if (first & 0x10) {
    // RFC 3550 §5.3.1: 16 bits defined by the profile, then the length in 32-bit words without these four bytes.
    if (at + 4 > bytes.length) return "extension_beyond_end";
    view.extensionProfile = u16(bytes, at);
    view.extensionLength = u16(bytes, at + 2) * 4;
    view.extensionOffset = at + 4;
    at += 4 + view.extensionLength;
    if (at > bytes.length) return "extension_beyond_end";
  }
  // RFC 3550 §5.1: the last byte of the padding says how many bytes are to be ignored, itself included.
  const padding = first & 0x20 ? u8(bytes, bytes.length - 1) : 0;
  if (first & 0x20 && (padding === 0 || at + padding > bytes.length)) return "padding_beyond_end";
  view.marker = (u8(bytes, 1) & 0x80) !== 0;
  view.payloadType = u8(bytes, 1) & 0x7f;
  view.sequence = u16(bytes, 2);
  view.timestamp = u32(bytes, 4);
  view.ssrc = u32(bytes, 8);
  view.payloadOffset = at;
  view.payloadLength = bytes.length - at - padding;
  return undefined;
}

/** What a header says when it is written. Numbers wider than their field are cut to it. */
export interface RtpHeader {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** At most 15. */
  readonly csrcs?: readonly number[];
  /** `data` is filled up with zeros to whole 32-bit words. */
  readonly extension?: { readonly profile: number; readonly data: Uint8Array };
}

export function putU16(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 8;
  into[at + 1] = value;
}

export function putU32(into: Uint8Array, at: number, value: number): void {
  putU16(into, at, value >>> 16);
  putU16(into, at + 2, value);
}

/** Writes the header at the start of `into` and returns where the payload begins. `into` has to be large enough. */
export function writeRtpHeader(into: Uint8Array, header: RtpHeader): number {
  const { csrcs, extension } = header;
  into[0] = 0x80 | (extension ? 0x10 : 0) | (csrcs ? csrcs.length & 0x0f : 0);
  into[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f);
  putU16(into, 2, header.sequence);
  putU32(into, 4, header.timestamp);
  putU32(into, 8, header.ssrc);
  let at = RTP_HEADER_BYTES;
  for (const csrc of csrcs ?? []) {
    putU32(into, at, csrc);
    at += 4;
  }
  if (!extension) return at;
  const words = Math.ceil(extension.data.length / 4);
  putU16(into, at, extension.profile);
  putU16(into, at + 2, words);
  into.fill(0, at + 4, at + 4 + words * 4);
  into.set(extension.data, at + 4);
  return at + 4 + words * 4;
}

/** RFC 5761 §4: RTCP on the same port is told from RTP by its packet type, 192 to 223, where RTP has 64 to 95. */
export function isRtcp(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && u8(bytes, 1) >= 192 && u8(bytes, 1) <= 223;
}
