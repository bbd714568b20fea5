import { createEncoder, MAX_FRAME_BYTES, type AudioCodec, type EncoderWishes } from "../audio/index.ts";
import type { Ids } from "../base/index.ts";
import { EVENT_BYTES, RTP_HEADER_BYTES, writeTelephoneEvent, type EventPacket } from "../rtp/index.ts";
import type { MediaParameters } from "./engine.ts";
import { framesOf, packingOf, type Packing } from "./packing.ts";
import { clockRateHz } from "./rtp-clock.ts";
import { packetBuffers, rtpStream, type RtpStream } from "./rtp-stream.ts";

/**
 * Makes the packets of one RTP stream. Packets are written into a few buffers in turn: a packet is valid until as
 * many more have been made, which is longer than a socket keeps one.
 */
export interface Outbound {
  /** The SSRC, another one once the clock of the codec has become another, and the timestamp of the packet that comes next. */
  readonly stream: Pick<RtpStream, "ssrc" | "timestamp">;
  configure(parameters: MediaParameters): void;
  /** So much of what is sent does not reach the peer, of late: 0 to 100. */
  expectLoss(percent: number): void;
  /** Nothing more is sent. */
  close(): void;
  /** One frame of audio; undefined: the packet that it is in is not full yet. */
  audio(samples: Int16Array): Uint8Array | undefined;
  /** One frame of silence, likewise. */
  silence(): Uint8Array | undefined;
  /** One packet of a key; its marker packet fixes the timestamp of all. Undefined: the peer takes no events. */
  event(packet: EventPacket): Uint8Array | undefined;
  /** Time passes without a packet; what follows begins a talkspurt (RFC 3551 §4.1). */
  pass(frames: number): void;
}

const FIRST_CODEC = "PCMU";

export function createOutbound(ids: Ids): Outbound {
  const frames = packetBuffers(MAX_FRAME_BYTES);
  /** Where the peer wants more than a frame in a packet. */
  let packing: Packing | undefined;
  const coding = createCoding();
  const stream = rtpStream(ids, clockRateHz(FIRST_CODEC));
  const events = keyEvents(stream);
  let audioType = 0;
  let talking = false;

  const beginAudio = (): Uint8Array => {
    const packet = stream.begin(frames, audioType, !talking, stream.timestamp);
    talking = true;
    stream.pass(1);
    return packet;
  };

  const pack = (into: Packing, samples?: Int16Array): Uint8Array | undefined => {
    const full = into.push(samples, stream.timestamp);
    stream.pass(1);
    if (!full) return undefined;
    const packet = stream.begin(into.packets, audioType, !talking, into.timestamp);
    talking = true;
    return packet.subarray(0, RTP_HEADER_BYTES + coding.encoder.encode(into.samples, packet, RTP_HEADER_BYTES));
  };

  return {
    stream,
    configure({ codec, wishes, payloadType, telephoneEventPayloadType, telephoneEventRateHz, packetMs }) {
      coding.change(codec, wishes);
      if (clockRateHz(codec) !== stream.rateHz) {
        talking = false;
        packing?.drop();
      }
      stream.countBy(clockRateHz(codec));
      audioType = payloadType;
      events.configure(telephoneEventPayloadType, telephoneEventRateHz);
      if (framesOf(packetMs) !== (packing?.frames ?? 1)) packing = packingOf(framesOf(packetMs));
    },
    expectLoss: (percent) => coding.encoder.expectLoss(percent),
    close: () => coding.encoder.close(),
    audio(samples) {
      if (packing) return pack(packing, samples);
      const packet = beginAudio();
      return filled(packet, coding.encoder.encode(samples, packet, RTP_HEADER_BYTES));
    },
    silence() {
      if (packing) return pack(packing);
      const packet = beginAudio();
      return filled(packet, coding.encoder.silence(packet, RTP_HEADER_BYTES));
    },
    event(packet) {
      packing?.drop();
      return events.next(packet);
    },
    pass(frames) {
      packing?.drop();
      stream.pass(frames);
      talking = false;
    },
  };
}

/** The encoder of a stream; another one for another codec, or other wishes. */
function createCoding() {
  let codec: AudioCodec = FIRST_CODEC;
  let wishes: EncoderWishes | undefined;
  const coding = {
    encoder: createEncoder(codec),
    change(nextCodec: AudioCodec, nextWishes: EncoderWishes | undefined): void {
      // What the peer's decoder knows of the stream goes on through a hold or another address.
      if (nextCodec === codec && sameWishes(nextWishes, wishes)) return;
      coding.encoder.close();
      coding.encoder = createEncoder(nextCodec, nextWishes);
      codec = nextCodec;
      wishes = nextWishes;
    },
  };
  return coding;
}

/** The packets of keys in a stream. */
function keyEvents(stream: RtpStream) {
  /** Made when the first key is pressed. */
  let packets: readonly Uint8Array[] | undefined;
  let payloadType: number | undefined;
  /** Ticks of the stream in one of its events. */
  let ticks = 1;
  let start = stream.timestamp;
  return {
    configure(type: number | undefined, rateHz = stream.rateHz): void {
      payloadType = type;
      ticks = stream.rateHz / rateHz;
    },
    next(packet: EventPacket): Uint8Array | undefined {
      if (payloadType === undefined) return undefined;
      // RFC 4733 §2.2.1: all packets of an event carry the time of its beginning; audio goes on where time has got to.
      if (packet.marker) start = stream.timestamp;
      packets ??= packetBuffers(EVENT_BYTES);
      const bytes = stream.begin(packets, payloadType, packet.marker, (start + packet.timestampOffset * ticks) >>> 0);
      writeTelephoneEvent(bytes, RTP_HEADER_BYTES, packet);
      stream.pass(1);
      return bytes;
    },
  };
}

const sameWishes = (one: EncoderWishes = {}, other: EncoderWishes = {}): boolean =>
  one.maxBitrate === other.maxBitrate && one.constantBitrate === other.constantBitrate && one.inbandFec === other.inbandFec;

/** As much of a buffer as the payload has filled. */
const filled = (packet: Uint8Array, bytes: number): Uint8Array => (bytes === MAX_FRAME_BYTES ? packet : packet.subarray(0, RTP_HEADER_BYTES + bytes));
