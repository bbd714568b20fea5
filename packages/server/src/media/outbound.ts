import { createEncoder, FRAME_SAMPLES, MAX_FRAME_BYTES, type AudioEncoder } from "../audio/index.ts";
import type { Ids } from "../base/index.ts";
import { EVENT_BYTES, RTP_HEADER_BYTES, writeRtpHeader, writeTelephoneEvent, type EventPacket } from "../rtp/index.ts";
import type { AudioCodec } from "./engine.ts";

/**
 * Makes the packets of one RTP stream. Packets are written into a few buffers in turn: a packet is valid until as
 * many more have been made, which is longer than a socket keeps one.
 */
export interface Outbound {
  readonly ssrc: number;
  /** Of the packet that comes next. */
  readonly timestamp: number;
  configure(codec: AudioCodec, payloadType: number, eventPayloadType: number | undefined): void;
  /** One frame of audio. */
  audio(samples: Int16Array): Uint8Array;
  /** One frame of silence. */
  silence(): Uint8Array;
  /** One packet of a key; its marker packet fixes the timestamp of all. Undefined: the peer takes no events. */
  event(packet: EventPacket): Uint8Array | undefined;
  /** Time passes without a packet; what follows begins a talkspurt (RFC 3551 §4.1). */
  pass(frames: number): void;
}

const BUFFERS = 4;

export function createOutbound(ids: Ids): Outbound {
  const frames = Array.from({ length: BUFFERS }, () => new Uint8Array(RTP_HEADER_BYTES + MAX_FRAME_BYTES));
  const events = Array.from({ length: BUFFERS }, () => new Uint8Array(RTP_HEADER_BYTES + EVENT_BYTES));
  const header = firstHeader(ids);
  const spare = new Uint8Array(0);
  let current: AudioCodec = "PCMU";
  let encoder: AudioEncoder = createEncoder(current);
  let audioType = 0;
  let eventType: number | undefined;
  let timestamp = header.timestamp;
  let eventStart = timestamp;
  let talking = false;

  const begin = (buffers: readonly Uint8Array[], payloadType: number, marker: boolean, at: number): Uint8Array => {
    const packet = buffers[header.sequence % BUFFERS] ?? spare;
    header.payloadType = payloadType;
    header.marker = marker;
    header.timestamp = at;
    writeRtpHeader(packet, header);
    header.sequence = (header.sequence + 1) & 0xffff;
    return packet;
  };

  const beginAudio = (): Uint8Array => {
    const packet = begin(frames, audioType, !talking, timestamp);
    talking = true;
    timestamp = (timestamp + FRAME_SAMPLES) >>> 0;
    return packet;
  };

  return {
    ssrc: header.ssrc,
    get timestamp() {
      return timestamp;
    },
    configure(codec, payloadType, eventPayloadType) {
      // What the peer's decoder knows of the stream goes on through a hold or another address.
      if (codec !== current) encoder = createEncoder(codec);
      current = codec;
      audioType = payloadType;
      eventType = eventPayloadType;
    },
    audio(samples) {
      const packet = beginAudio();
      return filled(packet, encoder.encode(samples, packet, RTP_HEADER_BYTES));
    },
    silence() {
      const packet = beginAudio();
      return filled(packet, encoder.silence(packet, RTP_HEADER_BYTES));
    },
    event(packet) {
      if (eventType === undefined) return undefined;
      // RFC 4733 §2.2.1: all packets of an event carry the time of its beginning; audio goes on where time has got to.
      if (packet.marker) eventStart = timestamp;
      const bytes = begin(events, eventType, packet.marker, (eventStart + packet.timestampOffset) >>> 0);
      writeTelephoneEvent(bytes, RTP_HEADER_BYTES, packet);
      timestamp = (timestamp + FRAME_SAMPLES) >>> 0;
      return bytes;
    },
    pass(count) {
      timestamp = (timestamp + count * FRAME_SAMPLES) >>> 0;
      talking = false;
    },
  };
}

/** RFC 3550 §5.1: the sequence number and the timestamp begin at random, so that nobody can guess them. */
const firstHeader = (ids: Ids) => ({
  marker: true,
  payloadType: 0,
  sequence: ids.integer(0x1_0000),
  timestamp: ids.integer(0x1_0000_0000),
  ssrc: ids.integer(0x1_0000_0000),
});

/** As much of a buffer as the payload has filled. */
const filled = (packet: Uint8Array, bytes: number): Uint8Array => (bytes === MAX_FRAME_BYTES ? packet : packet.subarray(0, RTP_HEADER_BYTES + bytes));
