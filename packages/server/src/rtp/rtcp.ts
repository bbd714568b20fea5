import { concatBytes, text, utf8 } from "../base/index.ts";
import { putU16, putU32, u16, u32 } from "./packet.ts";

/** RFC 3550 §6.4.1: what a receiver tells about one source. */
export interface ReportBlock {
  readonly ssrc: number;
  /** Lost since the last report, in 256ths: 0 to 255. */
  readonly fractionLost: number;
  /** Lost since the beginning: a signed 24 bit number. */
  readonly lost: number;
  readonly highestSequence: number;
  /** Interarrival jitter in timestamp ticks. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report that came; 0: none. */
  readonly lastReport: number;
  /** Since that report came, in 65536ths of a second. */
  readonly delaySinceLastReport: number;
}

/** RFC 3550 §6.4.1: what a sender tells about itself. */
export interface SenderInfo {
  /** NTP time: seconds since 1900. */
  readonly ntpSeconds: number;
  /** The fraction of the second in 2^32ths. */
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  /** Payload bytes, without headers. */
  readonly bytes: number;
}

export type RtcpPacket =
  | { readonly type: "sender_report"; readonly ssrc: number; readonly sender: SenderInfo; readonly blocks: readonly ReportBlock[] }
  | { readonly type: "receiver_report"; readonly ssrc: number; readonly blocks: readonly ReportBlock[] }
  | { readonly type: "description"; readonly chunks: readonly { readonly ssrc: number; readonly cname: string }[] }
  | { readonly type: "bye"; readonly ssrcs: readonly number[]; readonly reason?: string }
  /** A packet of a type that is not looked into: APP, feedback, extended reports. */
  | { readonly type: "other"; readonly packetType: number };

export type RtcpFailure = "too_short" | "wrong_version" | "beyond_end" | "wrong_length";

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const DESCRIPTION = 202;
const BYE = 203;
const CNAME = 1;

/** The packets of one compound datagram, or the failure; never throws. */
export function parseRtcp(bytes: Uint8Array): readonly RtcpPacket[] | RtcpFailure {
  const packets: RtcpPacket[] = [];
  let at = 0;
  do {
    if (at + 4 > bytes.length) return "too_short";
    const first = bytes[at] ?? 0;
    if (first >> 6 !== 2) return "wrong_version";
    const end = at + 4 + u16(bytes, at + 2) * 4;
    if (end > bytes.length) return "beyond_end";
    const padding = first & 0x20 ? (bytes[end - 1] ?? 0) : 0;
    if (at + 4 + padding > end) return "wrong_length";
    const packet = parseOne(bytes.subarray(at + 4, end - padding), bytes[at + 1] ?? 0, first & 0x1f);
    if (!packet) return "wrong_length";
    packets.push(packet);
    at = end;
  } while (at < bytes.length);
  return packets;
}

function parseOne(body: Uint8Array, packetType: number, count: number): RtcpPacket | undefined {
  switch (packetType) {
    case SENDER_REPORT: {
      const blocks = body.length < 24 ? undefined : parseBlocks(body, 24, count);
      return blocks && { type: "sender_report", ssrc: u32(body, 0), sender: parseSender(body), blocks };
    }
    case RECEIVER_REPORT: {
      const blocks = body.length < 4 ? undefined : parseBlocks(body, 4, count);
      return blocks && { type: "receiver_report", ssrc: u32(body, 0), blocks };
    }
    case DESCRIPTION:
      return parseDescription(body, count);
    case BYE:
      return parseBye(body, count);
    default:
      return { type: "other", packetType };
  }
}

const parseSender = (body: Uint8Array): SenderInfo => ({
  ntpSeconds: u32(body, 4),
  ntpFraction: u32(body, 8),
  rtpTimestamp: u32(body, 12),
  packets: u32(body, 16),
  bytes: u32(body, 20),
});

const BLOCK_BYTES = 24;

function parseBlocks(body: Uint8Array, from: number, count: number): readonly ReportBlock[] | undefined {
  if (from + count * BLOCK_BYTES > body.length) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const at = from + index * BLOCK_BYTES;
    return {
      ssrc: u32(body, at),
      fractionLost: body[at + 4] ?? 0,
      lost: (u32(body, at + 4) << 8) >> 8,
      highestSequence: u32(body, at + 8),
      jitter: u32(body, at + 12),
      lastReport: u32(body, at + 16),
      delaySinceLastReport: u32(body, at + 20),
    };
  });
}

/** RFC 3550 §6.5: chunks of items (type, length, text), each chunk closed by a zero and filled up to 32 bits. */
function parseDescription(body: Uint8Array, count: number): RtcpPacket | undefined {
  const chunks: { ssrc: number; cname: string }[] = [];
  let at = 0;
  for (let chunk = 0; chunk < count; chunk += 1) {
    if (at + 4 > body.length) return undefined;
    const ssrc = u32(body, at);
    let cname = "";
    at += 4;
    while (at < body.length && body[at] !== 0) {
      const end = at + 2 + (body[at + 1] ?? 0);
      if (at + 2 > body.length || end > body.length) return undefined;
      if (body[at] === CNAME) cname = text(body.subarray(at + 2, end));
      at = end;
    }
    if (at >= body.length) return undefined;
    at = (at + 4) & ~3;
    chunks.push({ ssrc, cname });
  }
  return { type: "description", chunks };
}

function parseBye(body: Uint8Array, count: number): RtcpPacket | undefined {
  const end = count * 4;
  if (end > body.length) return undefined;
  const ssrcs = Array.from({ length: count }, (_, index) => u32(body, index * 4));
  if (end === body.length) return { type: "bye", ssrcs };
  const length = body[end] ?? 0;
  if (end + 1 + length > body.length) return undefined;
  return { type: "bye", ssrcs, reason: text(body.subarray(end + 1, end + 1 + length)) };
}

/** One datagram of all packets. Packets of type `other` cannot be built and are left out. */
export function buildRtcp(packets: readonly RtcpPacket[]): Uint8Array {
  return concatBytes(packets.map(buildOne));
}

function buildOne(packet: RtcpPacket): Uint8Array {
  if (packet.type === "other") return new Uint8Array(0);
  if (packet.type === "description") {
    return framed(DESCRIPTION, packet.chunks.length, packet.chunks.map((chunk) => chunkBytes(chunk.ssrc, chunk.cname)));
  }
  if (packet.type === "bye") {
    const reason = packet.reason === undefined ? [] : [lengthAndText(packet.reason)];
    return framed(BYE, packet.ssrcs.length, [words(...packet.ssrcs), ...reason]);
  }
  const blocks = packet.blocks.map(blockBytes);
  if (packet.type === "receiver_report") return framed(RECEIVER_REPORT, blocks.length, [words(packet.ssrc), ...blocks]);
  return framed(SENDER_REPORT, blocks.length, [words(packet.ssrc), senderBytes(packet.sender), ...blocks]);
}

/** Puts the common header before the body and fills the body up to whole 32-bit words. */
function framed(packetType: number, count: number, body: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(body);
  const packet = new Uint8Array(4 + Math.ceil(content.length / 4) * 4);
  packet[0] = 0x80 | (count & 0x1f);
  packet[1] = packetType;
  putU16(packet, 2, packet.length / 4 - 1);
  packet.set(content, 4);
  return packet;
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  for (const [index, value] of values.entries()) putU32(bytes, index * 4, value);
  return bytes;
}

const senderBytes = (sender: SenderInfo): Uint8Array =>
  words(sender.ntpSeconds, sender.ntpFraction, sender.rtpTimestamp, sender.packets, sender.bytes);

const blockBytes = (block: ReportBlock): Uint8Array =>
  words(
    block.ssrc,
    ((block.fractionLost & 0xff) << 24) | (block.lost & 0xffffff),
    block.highestSequence,
    block.jitter,
    block.lastReport,
    block.delaySinceLastReport,
  );

function lengthAndText(content: string): Uint8Array {
  const bytes = utf8(content).subarray(0, 255);
  return concatBytes([Uint8Array.of(bytes.length), bytes]);
}

/** The closing zero is at least one byte, at most four: what is missing to the next 32-bit word. */
function chunkBytes(ssrc: number, cname: string): Uint8Array {
  const items = concatBytes([words(ssrc), Uint8Array.of(CNAME), lengthAndText(cname)]);
  const chunk = new Uint8Array((items.length + 4) & ~3);
  chunk.set(items);
  return chunk;
}
