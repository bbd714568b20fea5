import { createEncoder, MAX_FRAME_BYTES, type AudioEncoder, type EncoderWishes } from "../audio/index.ts";
import type { Ids } from "../base/index.ts";
import { EVENT_BYTES, RTP_HEADER_BYTES, writeTelephoneEvent, type EventPacket } from "../rtp/index.ts";
import type { MediaParameters } from "./engine.ts";
import { clockRateHz } from "./rtp-clock.ts";
import { rtpStream, type RtpStream } from "./rtp-stream.ts";

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
  const frames = buffersOf(RTP_HEADER_BYTES + MAX_FRAME_BYTES);
  /** Made when the first key is pressed. */
  let events: readonly Uint8Array[] | undefined;
  let current: Pick<MediaParameters, "codec" | "wishes"> = { codec: "PCMU" };
  const stream = rtpStream(ids, clockRateHz(current.codec));
  let encoder: AudioEncoder = createEncoder(current.codec);
  let audioType = 0;
  let eventType: number | undefined;
  /** Ticks of the stream in one of its events. */
  let eventTicks = 1;
  let eventStart = stream.timestamp;
  let talking = false;

  const beginAudio = (): Uint8Array => {
    const packet = stream.begin(frames, audioType, !talking, stream.timestamp);
    talking = true;
    stream.pass(1);
    return packet;
  };

  return {
    stream,
    configure({ codec, wishes, payloadType, telephoneEventPayloadType, telephoneEventRateHz }) {
      // What the peer's decoder knows of the stream goes on through a hold or another address.
      if (codec !== current.codec || !sameWishes(wishes, current.wishes)) {
        encoder.close();
        encoder = createEncoder(codec, wishes);
      }
      current = { codec, ...(wishes && { wishes }) };
      if (clockRateHz(codec) !== stream.rateHz) talking = false;
      stream.countBy(clockRateHz(codec));
      audioType = payloadType;
      eventType = telephoneEventPayloadType;
      eventTicks = stream.rateHz / (telephoneEventRateHz ?? stream.rateHz);
    },
    expectLoss: (percent) => encoder.expectLoss(percent),
    close: () => encoder.close(),
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
      if (packet.marker) eventStart = stream.timestamp;
      events ??= buffersOf(RTP_HEADER_BYTES + EVENT_BYTES);
      const bytes = stream.begin(events, eventType, packet.marker, (eventStart + packet.timestampOffset * eventTicks) >>> 0);
      writeTelephoneEvent(bytes, RTP_HEADER_BYTES, packet);
      stream.pass(1);
      return bytes;
    },
    pass(frames) {
      stream.pass(frames);
      talking = false;
    },
  };
}

/** Parts of one piece of memory: each piece costs as much as it holds. */
function buffersOf(bytes: number): readonly Uint8Array[] {
  const memory = new ArrayBuffer(BUFFERS * bytes);
  return Array.from({ length: BUFFERS }, (_, index) => new Uint8Array(memory, index * bytes, bytes));
}

const sameWishes = (one: EncoderWishes = {}, other: EncoderWishes = {}): boolean =>
  one.maxBitrate === other.maxBitrate && one.constantBitrate === other.constantBitrate && one.inbandFec === other.inbandFec;

/** As much of a buffer as the payload has filled. */
const filled = (packet: Uint8Array, bytes: number): Uint8Array => (bytes === MAX_FRAME_BYTES ? packet : packet.subarray(0, RTP_HEADER_BYTES + bytes));
