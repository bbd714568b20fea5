import { FRAME_MS } from "../audio/index.ts";
import type { Ids } from "../base/index.ts";
import { RTP_HEADER_BYTES, writeRtpHeader } from "../rtp/index.ts";

/** The headers of one RTP stream that is sent: its count and its time. */
export interface RtpStream {
  readonly ssrc: number;
  /** Of the packet that comes next. */
  readonly timestamp: number;
  readonly rateHz: number;
  /** Timestamps count by this rate; with another one another stream begins (RFC 7160 §4.1). */
  countBy(rateHz: number): void;
  /** Writes the header of the next packet into the buffer whose turn it is. */
  begin(buffers: readonly Uint8Array[], payloadType: number, marker: boolean, timestamp: number): Uint8Array;
  /** Time goes on by so many frames. */
  pass(frames: number): void;
}

/** A packet is valid until as many more have been made. */
const BUFFERS = 4;

/** Room for packets with so long a payload, for `begin`: parts of one piece of memory, as each piece costs as much as it holds. */
export function packetBuffers(payloadBytes: number): readonly Uint8Array[] {
  const bytes = RTP_HEADER_BYTES + payloadBytes;
  const memory = new ArrayBuffer(BUFFERS * bytes);
  return Array.from({ length: BUFFERS }, (_, index) => new Uint8Array(memory, index * bytes, bytes));
}

const spare = new Uint8Array(0);

export function rtpStream(ids: Ids, firstRateHz: number): RtpStream {
  let header = firstHeader(ids);
  let ticksPerFrame = (firstRateHz / 1000) * FRAME_MS;
  // No getters: an object that is made with some is slow at whatever it is asked, and this one is asked for every packet.
  const stream = {
    ssrc: header.ssrc,
    timestamp: header.timestamp,
    rateHz: firstRateHz,
    countBy(rate: number) {
      if (rate === stream.rateHz) return;
      stream.rateHz = rate;
      ticksPerFrame = (rate / 1000) * FRAME_MS;
      header = firstHeader(ids);
      stream.ssrc = header.ssrc;
      stream.timestamp = header.timestamp;
    },
    begin(buffers: readonly Uint8Array[], payloadType: number, marker: boolean, at: number) {
      const packet = buffers[header.sequence % buffers.length] ?? spare;
      header.payloadType = payloadType;
      header.marker = marker;
      header.timestamp = at;
      writeRtpHeader(packet, header);
      header.sequence = (header.sequence + 1) & 0xffff;
      return packet;
    },
    pass(frames: number) {
      stream.timestamp = (stream.timestamp + frames * ticksPerFrame) >>> 0;
    },
  };
  return stream;
}

/** RFC 3550 §5.1: the sequence number and the timestamp begin at random, so that nobody can guess them. */
const firstHeader = (ids: Ids) => ({
  marker: true,
  payloadType: 0,
  // In the lower half: whoever begins to hear an encrypted stream late takes it that the numbers have not begun anew yet.
  sequence: ids.integer(0x8000),
  timestamp: ids.integer(0x1_0000_0000),
  ssrc: ids.integer(0x1_0000_0000),
});
