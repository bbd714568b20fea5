const RTP_HEADER_BYTES = 12;
const TICKS_IN_MS = 8;
/** Who was heard so shortly before was talking. */
const TALKING_MS = 40;

/** A packet of G.711 µ-law as it came. */
export interface HeardPacket {
  readonly atMs: number;
  /** Samples since the first packet. */
  readonly position: number;
  /** Samples from the first to behind the last that is not silence; both 0: there is none. */
  readonly from: number;
  readonly to: number;
}

/** What a phone hears, on the time line of the stream: as it would stand in a file. */
export interface Recording {
  readonly packets: readonly HeardPacket[];
  /** When the sample with that position is heard at the earliest: as if every packet had been as fast as the fastest. */
  heardMs(position: number): number;
  push(datagram: Uint8Array, atMs: number): void;
  /** Forgets the packets. */
  forget(): void;
}

export function createRecording(): Recording {
  let packets: HeardPacket[] = [];
  let first: number | undefined;
  let anchorMs = Infinity;
  return {
    get packets() {
      return packets;
    },
    heardMs: (position) => anchorMs + position / TICKS_IN_MS,
    push(datagram, atMs) {
      if (datagram.length <= RTP_HEADER_BYTES) return;
      const timestamp = new DataView(datagram.buffer, datagram.byteOffset, RTP_HEADER_BYTES).getUint32(4);
      first ??= timestamp;
      // Signed, for a packet that comes before the one that was taken for the first.
      const position = (timestamp - first) | 0;
      anchorMs = Math.min(anchorMs, atMs - position / TICKS_IN_MS);
      const payload = datagram.subarray(RTP_HEADER_BYTES);
      packets.push({ atMs, position, from: Math.max(0, payload.findIndex(sounds)), to: payload.findLastIndex(sounds) + 1 });
    },
    forget() {
      packets = [];
    },
  };
}

/** The two codes for zero are silence. */
const sounds = (code: number): boolean => code !== 0xff && code !== 0x7f;

export interface Silence {
  /** From the interruption to the last packet in which something can be heard; 0 where none came after it. */
  readonly lastPacketMs: number;
  /** ... and to the silence in the recording: the last sample of that packet. */
  readonly silentMs: number;
}

/** How long what was interrupted at `fromMs` is still heard; `undefined` where it was silent before. */
export function silenceAfter(recording: Recording, fromMs: number): Silence | undefined {
  const last = recording.packets.findLast(({ to }) => to > 0);
  if (!last || last.atMs < fromMs - TALKING_MS) return undefined;
  const silentAtMs = recording.heardMs(last.position + last.to);
  return { lastPacketMs: Math.max(0, last.atMs - fromMs), silentMs: Math.max(0, silentAtMs - fromMs) };
}

/** When sounds begin: the arrival of packets with sound behind at least so many packets without, less what they have of silence. */
export function onsets({ packets }: Recording, silent: number): readonly number[] {
  const found: number[] = [];
  let quiet = silent;
  for (const { atMs, from, to } of packets) {
    if (to > 0 && quiet >= silent) found.push(atMs + from / TICKS_IN_MS);
    quiet = to > 0 ? 0 : quiet + 1;
  }
  return found;
}
