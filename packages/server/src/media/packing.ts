import { FRAME_MS, FRAME_SAMPLES, MAX_FRAME_BYTES } from "../audio/index.ts";
import { packetBuffers } from "./rtp-stream.ts";

/** 60 ms: whoever asks for more would wait for it longer than is good for talk. */
const MOST_FRAMES = 3;
const silence = new Int16Array(FRAME_SAMPLES);

/** Frames that wait until there are as many as a packet holds. */
export interface Packing {
  readonly frames: number;
  /** Room for such packets. */
  readonly packets: readonly Uint8Array[];
  /** Another frame, which begins at `timestamp`; undefined: it is silence. True: the packet is full. */
  push(frame: Int16Array | undefined, timestamp: number): boolean;
  /** What lies in the packet, once it is full; valid until the next frame is pushed. */
  readonly samples: Int16Array;
  /** When the first frame of it begins. */
  readonly timestamp: number;
  /** What has been pushed is left out: what comes does not follow it. */
  drop(): void;
}

/**
 * RFC 8866 §6.4: how much audio the peer wants in a packet (`a=ptime`) is a recommendation. Deviation: it is followed in
 * whole frames of 20 ms, one at least and three at most.
 */
export const framesOf = (packetMs = FRAME_MS): number => Math.min(MOST_FRAMES, Math.max(1, Math.floor(packetMs / FRAME_MS)));

/** Undefined: one frame need not wait. */
export function packingOf(frames: number): Packing | undefined {
  if (frames < 2) return undefined;
  const samples = new Int16Array(frames * FRAME_SAMPLES);
  let filled = 0;
  const packing = {
    frames,
    packets: packetBuffers(frames * MAX_FRAME_BYTES),
    samples,
    timestamp: 0,
    push(frame: Int16Array | undefined, timestamp: number) {
      if (filled === 0) packing.timestamp = timestamp;
      samples.set(frame ?? silence, filled * FRAME_SAMPLES);
      filled = (filled + 1) % frames;
      return filled === 0;
    },
    drop() {
      filled = 0;
    },
  };
  return packing;
}
