import { FRAME_SAMPLES } from "../audio/index.ts";
import { timestampDistance } from "../rtp/index.ts";
import { ComfortNoise } from "./comfort-noise.ts";
import { Concealment } from "./concealment.ts";
import { SampleRing } from "./sample-ring.ts";

/** Half a second. */
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

/** Noise that nobody hears goes here. */
const unheard = new Int16Array(FRAME_SAMPLES);

/**
 * Turns packets, which come early, late, twice or never, into an even stream. Samples are put at the place their
 * timestamp gives them, so packets of any length, reordering and pauses of the sender need no case of their own.
 */
export class JitterBuffer {
  readonly #ring = new SampleRing(CAPACITY);
  readonly #concealment = new Concealment();
  /** Since the sender has told that it leaves silence out. */
  #noise: ComfortNoise | undefined;
  #started = false;
  /** Timestamp of the sample that is read next. */
  #cursor = 0;
  /** Timestamp behind the newest sample. */
  #newest = 0;
  #depth = START_DEPTH;
  #lateInRow = 0;
  #judged = 0;
  #leastMargin = CAPACITY;
  #dropped = 0;

  /** Samples thrown away because too much had come at once. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What is aimed at between the arrival of a packet and its turn. */
  get depthMs(): number {
    return this.#depth / 8;
  }

  /** Of how many frames in a row nothing has come; the last ones read. */
  get missing(): number {
    return this.#concealment.missing;
  }

  /** Puts samples at their place. False: they were too late, or there already. */
  push(timestamp: number, samples: Int16Array): boolean {
    if (!this.#admits(timestamp, samples.length)) return false;
    this.#ring.write(timestamp, samples);
    this.#written(timestamp, samples.length);
    return true;
  }

  /** The same of codes of 8 bits, which stand in `bytes` from `offset` on, and become samples by `table` when they are heard. */
  pushCodes(timestamp: number, bytes: Uint8Array, offset: number, count: number, table: Int16Array): boolean {
    if (!this.#admits(timestamp, count)) return false;
    this.#ring.writeCodes(timestamp, bytes, offset, count, table);
    this.#written(timestamp, count);
    return true;
  }

  /** Puts samples that were made up at their place, as far as their turn is still to come; there is nothing to be learned from them. */
  fill(timestamp: number, samples: Int16Array): void {
    const past = Math.max(0, timestampDistance(this.#cursor, timestamp));
    const at = (timestamp + past) >>> 0;
    if (!this.#started || past >= samples.length || timestampDistance(at, this.#cursor) + samples.length > CAPACITY) return;
    if (this.#ring.isEmptyAt(at)) this.#ring.write(at, samples.subarray(past));
  }

  /** A packet came in whose place something made up was put: the next ones are to be waited for longer. */
  missed(timestamp: number): void {
    const margin = timestampDistance(timestamp, this.#cursor);
    if (this.#started && margin < 0 && margin > -CAPACITY) this.#late(timestamp, -margin);
  }

  /** Whether what has this time is part of the frame that is read next, or of one before. */
  isDue(timestamp: number): boolean {
    return !this.#started || timestampDistance(timestamp, this.#cursor) < FRAME_SAMPLES;
  }

  /** From `timestamp` on the sender leaves out silence that sounds as the payload says (RFC 3389). False: it says nothing. */
  pushNoise(timestamp: number, payload: Uint8Array): boolean {
    this.#noise ??= new ComfortNoise();
    if (!this.#noise.push(timestamp, payload)) return false;
    if (!this.#started) this.#restart(timestamp);
    return true;
  }

  /** Takes the next frame. False: it is all silence, there is nothing to hear. */
  read(into: Int16Array): boolean {
    if (!this.#started) {
      into.fill(0);
      return false;
    }
    const noisy = this.#noise?.fill(into, this.#cursor) ?? false;
    const whole = this.#ring.isFull(this.#cursor, into.length);
    if (!noisy && !whole) this.#concealment.prepare(into);
    const present = this.#ring.take(this.#cursor, into);
    if (whole) this.#concealment.join(into);
    this.#cursor = (this.#cursor + into.length) >>> 0;
    return this.#concealment.keep(into, present > 0 || noisy);
  }

  /** Moves on by a frame that nobody hears, as `read` does. */
  pass(): void {
    if (!this.#started) return;
    this.#noise?.fill(unheard, this.#cursor);
    this.#advance(FRAME_SAMPLES);
    this.#concealment.pass();
  }

  /** What comes next is left out on purpose (the sender pressed a key): silence instead of concealment. */
  pause(): void {
    this.#concealment.forget();
  }

  /** Forgets everything, as for a new source. */
  reset(): void {
    this.#started = false;
    this.#depth = START_DEPTH;
    this.#noise = undefined;
    this.pause();
  }

  /** Whether there is a place for so many samples of this time. */
  #admits(timestamp: number, count: number): boolean {
    if (count === 0 || count > CAPACITY / 2) return false;
    const margin = timestampDistance(timestamp, this.#cursor);
    const restarts = !this.#started || Math.abs(margin) + count > CAPACITY || this.#lateInRow >= RESTART_AFTER_LATE;
    if (restarts) this.#restart(timestamp);
    else if (margin >= 0) this.#inTime(margin);
    else if (!this.#late(timestamp, -margin)) return false;
    return this.#ring.isEmptyAt(timestamp);
  }

  #written(timestamp: number, count: number): void {
    this.#noise?.spoken(timestamp);
    const end = (timestamp + count) >>> 0;
    if (timestampDistance(end, this.#newest) > 0) this.#newest = end;
    const ready = timestampDistance(this.#newest, this.#cursor);
    if (ready > this.#depth + count + SLACK) this.#dropped += this.#advance(ready - this.#depth);
  }

  #restart(timestamp: number): void {
    this.#ring.clear();
    this.#started = true;
    this.#cursor = (timestamp - this.#depth) >>> 0;
    this.#newest = timestamp;
    this.#judgeAnew();
    this.#lateInRow = 0;
  }

  #judgeAnew(): void {
    this.#judged = 0;
    this.#leastMargin = CAPACITY;
  }

  /** Moves on without reading; returns how many samples were there. */
  #advance(samples: number): number {
    const dropped = this.#ring.drop(this.#cursor, samples);
    this.#cursor = (this.#cursor + samples) >>> 0;
    return dropped;
  }

  /** Waits less again when for a long time every packet came with more than two frames to spare. */
  #inTime(margin: number): void {
    this.#lateInRow = 0;
    this.#leastMargin = Math.min(this.#leastMargin, margin);
    if (++this.#judged < SHRINK_AFTER_PACKETS) return;
    if (this.#leastMargin > 2 * FRAME_SAMPLES) {
      this.#depth = Math.max(MIN_DEPTH, this.#depth - FRAME_SAMPLES);
      this.#advance(FRAME_SAMPLES);
    }
    this.#judgeAnew();
  }

  /** A packet came `ticks` after its turn: waiting longer from now on lets the next ones come in time. */
  #late(timestamp: number, ticks: number): boolean {
    this.#lateInRow += 1;
    this.#judgeAnew();
    // Later than any depth could help: the sender has paused or begun a new count.
    if (ticks <= MAX_DEPTH && this.#depth + FRAME_SAMPLES <= MAX_DEPTH) {
      this.#depth += FRAME_SAMPLES;
      this.#cursor = (this.#cursor - FRAME_SAMPLES) >>> 0;
    }
    // With something newer already heard there is no way back: only a stream that has run dry may be put off.
    return timestampDistance(this.#newest, timestamp) <= 0 && timestampDistance(timestamp, this.#cursor) >= 0;
  }
}
