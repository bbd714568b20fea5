import { FRAME_SAMPLES } from "../audio/index.ts";
import { timestampDistance } from "../rtp/index.ts";

/** Samples the ring can hold: a power of two, half a second. */
const CAPACITY = 4096;
const START_DEPTH = 2 * FRAME_SAMPLES;
const MIN_DEPTH = FRAME_SAMPLES;
const MAX_DEPTH = 6 * FRAME_SAMPLES;
/** What may lie ready beyond the depth before the oldest is dropped: the burst after a stall of the network. */
const SLACK = 4 * FRAME_SAMPLES;
/** Packets over which the depth is judged before it may shrink: five seconds. */
const SHRINK_AFTER_PACKETS = 250;
/** Packets in a row that come too late for a sender that began a new count. */
const RESTART_AFTER_LATE = 4;
/** How often a lost frame is made up by its predecessor before there is silence. */
const CONCEALED_FRAMES = 3;
/** No G.711 code decodes to this value: it marks a place nothing has come for. */
const EMPTY = -32_768;

/**
 * Turns packets, which come early, late, twice or never, into an even stream. Samples are put at the place their
 * timestamp gives them, so packets of any length, reordering and pauses of the sender need no case of their own.
 */
export interface JitterBuffer {
  /** Puts samples at their place. False: they were too late, or there already. */
  push(timestamp: number, samples: Int16Array): boolean;
  /** Takes the next frame. False: it is all silence, nothing is there to hear. */
  read(into: Int16Array): boolean;
  /** What comes next is not there on purpose (the sender pressed a key): silence instead of concealment. */
  pause(): void;
  /** Forgets everything, as for a new source. */
  reset(): void;
  /** Samples thrown away because too much had come at once. */
  readonly dropped: number;
  /** What is aimed at between the arrival of a packet and its turn. */
  readonly depthMs: number;
}

export function createJitterBuffer(): JitterBuffer {
  const ring = new Int16Array(CAPACITY).fill(EMPTY);
  const last = new Int16Array(FRAME_SAMPLES);
  let started = false;
  let cursor = 0;
  let newest = 0;
  let depth = START_DEPTH;
  let lateInRow = 0;
  let judged = 0;
  let leastMargin = CAPACITY;
  let repeats = CONCEALED_FRAMES;
  let dropped = 0;

  const restart = (timestamp: number) => {
    ring.fill(EMPTY);
    started = true;
    cursor = (timestamp - depth) >>> 0;
    newest = timestamp;
    lateInRow = 0;
    judged = 0;
    leastMargin = CAPACITY;
  };

  /** Moves the reading place on over `count` samples without reading them. */
  const discard = (count: number) => {
    for (let index = 0; index < count; index++) {
      const place = (cursor + index) & (CAPACITY - 1);
      if (ring[place] !== EMPTY) dropped += 1;
      ring[place] = EMPTY;
    }
    cursor = (cursor + count) >>> 0;
  };

  /** A packet came `lateTicks` after its turn. Waiting longer from now on lets the next ones come in time. */
  const late = (lateTicks: number) => {
    lateInRow += 1;
    judged = 0;
    leastMargin = CAPACITY;
    // Later than any depth could help: the sender has paused or begun a new count.
    if (lateTicks > MAX_DEPTH || depth + FRAME_SAMPLES > MAX_DEPTH) return;
    depth += FRAME_SAMPLES;
    cursor = (cursor - FRAME_SAMPLES) >>> 0;
  };

  /** Waits less again when for a long time every packet came with more than a frame to spare. */
  const judge = (margin: number) => {
    lateInRow = 0;
    leastMargin = Math.min(leastMargin, margin);
    if (++judged < SHRINK_AFTER_PACKETS) return;
    if (leastMargin >= 2 * FRAME_SAMPLES) {
      depth = Math.max(MIN_DEPTH, depth - FRAME_SAMPLES);
      discard(FRAME_SAMPLES);
    }
    judged = 0;
    leastMargin = CAPACITY;
  };

  const write = (timestamp: number, samples: Int16Array): boolean => {
    const free = ring[timestamp & (CAPACITY - 1)] === EMPTY;
    if (!free) return false;
    for (let index = 0; index < samples.length; index++) {
      ring[(timestamp + index) & (CAPACITY - 1)] = samples[index] ?? EMPTY;
    }
    const end = (timestamp + samples.length) >>> 0;
    if (timestampDistance(end, newest) > 0) newest = end;
    const ready = timestampDistance(newest, cursor);
    if (ready > depth + samples.length + SLACK) discard(ready - depth);
    return true;
  };

  return {
    push(timestamp, samples) {
      if (samples.length === 0 || samples.length > CAPACITY / 2) return false;
      const margin = timestampDistance(timestamp, cursor);
      if (!started || Math.abs(margin) + samples.length > CAPACITY || lateInRow >= RESTART_AFTER_LATE) restart(timestamp);
      else if (margin >= 0) judge(margin);
      else {
        late(-margin);
        // With something newer already heard there is no way back: only a stream that has run dry may be put off.
        if (timestampDistance(newest, timestamp) > 0 || timestampDistance(timestamp, cursor) < 0) return false;
      }
      return write(timestamp, samples);
    },

    read(into) {
      if (!started) {
        into.fill(0);
        return false;
      }
      let present = 0;
      for (let index = 0; index < FRAME_SAMPLES; index++) {
        const place = (cursor + index) & (CAPACITY - 1);
        const sample = ring[place] ?? EMPTY;
        if (sample === EMPTY) {
          into[index] = (last[index] ?? 0) >> 1;
          continue;
        }
        into[index] = sample;
        ring[place] = EMPTY;
        present += 1;
      }
      cursor = (cursor + FRAME_SAMPLES) >>> 0;
      if (present > 0) repeats = 0;
      else if (repeats >= CONCEALED_FRAMES) into.fill(0);
      else repeats += 1;
      last.set(into);
      return present > 0 || repeats < CONCEALED_FRAMES;
    },

    pause() {
      last.fill(0);
      repeats = CONCEALED_FRAMES;
    },

    reset() {
      started = false;
      depth = START_DEPTH;
      last.fill(0);
      repeats = CONCEALED_FRAMES;
    },

    get dropped() {
      return dropped;
    },
    get depthMs() {
      return depth / 8;
    },
  };
}
