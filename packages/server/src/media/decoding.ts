import { createDecoder, type AudioCodec, type AudioDecoder } from "../audio/index.ts";
import { sequenceDistance, timestampDistance } from "../rtp/index.ts";
import type { Arrival } from "./hearing.ts";

/** Where decoded samples go. They are valid until the call returns. */
export interface Decoded {
  /** `arrival`: as it is to those who get the samples. */
  readonly samples: (timestamp: number, samples: Int16Array, arrival: Arrival) => void;
  /** What stands for samples that were lost. */
  readonly madeUp: (timestamp: number, samples: Int16Array) => void;
  /** A packet came after what stands for it. */
  readonly missed: (timestamp: number) => void;
  /** A packet came, and waits for those before it. */
  readonly waits: () => void;
  /** Whether the turn of this time has come. */
  readonly due: (timestamp: number) => boolean;
}

/** Turns the packets of one stream into samples. No timers: whoever has turns says when one begins. */
export interface Decoding {
  /** A packet of the stream; its timestamp in samples. Of keys and noise there is no payload: they only have a place in the count. */
  push(sequence: number, timestamp: number, payload: Uint8Array | undefined, arrival: Arrival): void;
  /** A turn begins: what waits for packets that are missing, and is due, goes on without them. */
  turn(): void;
  /** Frees what it holds. Idempotent. */
  close(): void;
}

/** A packet that has overtaken others. */
interface Held {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array | undefined;
}

/** More than any packet that makes sense carries: 200 ms, with an octet for each sample. */
const MOST_SAMPLES = 1600;
/** More than come within the longest wait for one that is missing, unless they are very short. */
const MOST_HELD = 24;
/** RFC 3550 A.1 (MAX_MISORDER): what is further back is a new count. */
const MOST_BEHIND = 100;

/** Shared by all streams of a thread: not used beyond the packet at hand. */
const decoded = new Int16Array(MOST_SAMPLES);

export function createDecoding(codec: AudioCodec, out: Decoded): Decoding {
  const decoder = createDecoder(codec);
  return codec === "opus" ? inOrder(decoder, out) : atOnce(decoder, out);
}

/** For codecs that hardly know what was before: each packet is decoded when it comes. */
function atOnce(decoder: AudioDecoder, { samples }: Decoded): Decoding {
  return {
    push(_, timestamp, payload, arrival) {
      if (payload) samples(timestamp, decoded.subarray(0, decoder.decode(payload, decoded)), arrival);
    },
    turn: () => undefined,
    close: () => decoder.close(),
  };
}

/**
 * For a codec whose packets build on each other: they are decoded in the order they were sent in. What has overtaken
 * others waits for them until the turn of the first one of them has come; then the decoder makes up for what is missing,
 * with the help of the packet behind the gap (RFC 6716 §2.1.7).
 */
function inOrder(decoder: AudioDecoder, out: Decoded): Decoding {
  /** By their sequence numbers, all of them ahead of what is expected. */
  const held: Held[] = [];
  let expected: number | undefined;
  /** Behind what was decoded last; unknown after a key or noise. */
  let end: number | undefined;

  const conceal = ({ timestamp, payload }: Held): boolean => {
    const missing = end === undefined || !payload ? 0 : timestampDistance(timestamp, end);
    const made = missing > 0 && payload ? decoder.conceal(missing, payload, decoded) : 0;
    if (made > 0) out.madeUp((timestamp - made) >>> 0, decoded.subarray(0, made));
    return made > 0;
  };

  const take = (sequence: number, timestamp: number, payload: Uint8Array | undefined, arrival: Arrival): void => {
    expected = (sequence + 1) & 0xffff;
    const count = payload ? decoder.decode(payload, decoded) : 0;
    end = count > 0 ? (timestamp + count) >>> 0 : undefined;
    if (count > 0) out.samples(timestamp, decoded.subarray(0, count), arrival);
  };

  const takeNext = (): void => {
    for (let next = held[0]; next && next.sequence === expected; next = held[0]) {
      held.shift();
      take(next.sequence, next.timestamp, next.payload, "successor");
    }
  };

  /** Goes on behind the first gap. */
  const goOn = (): void => {
    const next = held.shift();
    if (!next) return;
    const arrival = conceal(next) ? "successor" : "ahead";
    take(next.sequence, next.timestamp, next.payload, arrival);
    takeNext();
  };

  const hold = (packet: Held, distance: number): void => {
    const from = expected ?? packet.sequence;
    const place = held.findIndex(({ sequence }) => sequenceDistance(sequence, from) > distance);
    held.splice(place === -1 ? held.length : place, 0, packet);
    out.waits();
    if (held.length > MOST_HELD) goOn();
  };

  return {
    push(sequence, timestamp, payload, arrival) {
      const distance = expected === undefined ? 0 : sequenceDistance(sequence, expected);
      // The datagram is the socket's.
      if (distance > 0 && distance <= MOST_BEHIND) return hold({ sequence, timestamp, payload: payload?.slice() }, distance);
      if (distance < 0 && distance >= -MOST_BEHIND) return out.missed(timestamp);
      if (distance !== 0) while (held.length > 0) goOn();
      take(sequence, timestamp, payload, distance === 0 ? arrival : "ahead");
      takeNext();
    },
    turn() {
      for (let [next] = held; next && out.due(end ?? next.timestamp); [next] = held) goOn();
    },
    close() {
      held.length = 0;
      decoder.close();
    },
  };
}
