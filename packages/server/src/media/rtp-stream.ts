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

export const rtpStream = (ids: Ids, rateHz: number): RtpStream => new Stream(ids, rateHz);

class Stream implements RtpStream {
  ssrc = 0;
  timestamp = 0;
  rateHz = 0;
  readonly #ids: Ids;
  #header: RtpHeader;

  constructor(ids: Ids, rateHz: number) {
    this.#ids = ids;
    this.#header = firstHeader(ids);
    this.#begin(rateHz);
  }

  countBy(rateHz: number): void {
    if (rateHz === this.rateHz) return;
    this.#header = firstHeader(this.#ids);
    this.#begin(rateHz);
  }

  begin(buffers: readonly Uint8Array[], payloadType: number, marker: boolean, timestamp: number): Uint8Array {
    const header = this.#header;
    const packet = buffers[header.sequence % buffers.length] ?? spare;
    header.payloadType = payloadType;
    header.marker = marker;
    header.timestamp = timestamp;
    writeRtpHeader(packet, header);
    header.sequence = (header.sequence + 1) & 0xffff;
    return packet;
  }

  pass(frames: number): void {
    this.timestamp = (this.timestamp + (frames * this.rateHz * FRAME_MS) / 1000) >>> 0;
  }

  #begin(rateHz: number): void {
    this.rateHz = rateHz;
    this.ssrc = this.#header.ssrc;
    this.timestamp = this.#header.timestamp;
  }
}

type RtpHeader = ReturnType<typeof firstHeader>;

/** RFC 3550 §5.1: the sequence number and the timestamp begin at random, so that nobody can guess them. */
const firstHeader = (ids: Ids) => ({
  marker: true,
  payloadType: 0,
  // In the lower half: whoever begins to hear an encrypted stream late takes it that the numbers have not begun anew yet.
  sequence: ids.integer(0x8000),
  timestamp: ids.integer(0x1_0000_0000),
  ssrc: ids.integer(0x1_0000_0000),
});
