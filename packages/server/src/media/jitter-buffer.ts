import { FRAME_MS, FRAME_SAMPLES, leaveOut } from "../audio/index.ts";
import { timestampDistance } from "../rtp/index.ts";
import { ArrivalMargins } from "./arrival-margins.ts";
import { ComfortNoise } from "./comfort-noise.ts";
import { Concealment } from "./concealment.ts";
import { SampleRing } from "./sample-ring.ts";

/** Half a second at most; until a line is so bad that more is needed, an eighth. */
const CAPACITY = 4096;
const FIRST_CAPACITY = 1024;
const START_DEPTH = 2 * FRAME_SAMPLES;
const MAX_DEPTH = 6 * FRAME_SAMPLES;
/** What may lie ready beyond the depth before the oldest is dropped: the burst after a stall of the network. */
const SLACK = 4 * FRAME_SAMPLES;
/** Less is not worth a join. */
const LEAST_CUT = 20;
/** So many samples of a frame are left out, on average over some of them: nobody seems to hurry. */
const CUT_A_FRAME = 32;
/** Frames in which a cut waits for a moment when nobody hears it; then it is made where it is heard least. */
const CUT_BY = 20;
/** Below this it is silence: about 54 dB under the loudest there is. */
const QUIET_PEAK = 64;
/** Between two keys there are 40 ms of silence at least (ITU-T Q.24): so much of it, in frames, is always left. */
const SILENCE_KEPT = 4;
/** Packets in a row that come too late for a sender that began a new count. */
const RESTART_AFTER_LATE = 4;

/** Noise that nobody hears goes here. */
const unheard = new Int16Array(FRAME_SAMPLES);
/** What lies ahead, while a cut is looked for. */
const ahead = new Int16Array(2 * FRAME_SAMPLES);

export interface JitterWishes {
  /** Samples ahead of its turn that a packet always has: a decoder makes up for a lost one from the one behind. */
  readonly least: number;
  /** Keys are in the audio: nothing of them or of the pauses between them is left out. */
  readonly keys: boolean;
}

/**
 * Turns packets, which come early, late, twice or never, into an even stream. Samples are put at the place their
 * timestamp gives them, so packets of any length, reordering and pauses of the sender need no case of their own.
 */
export class JitterBuffer {
  readonly #ring = new SampleRing(CAPACITY, FIRST_CAPACITY);
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
  #wishes: JitterWishes = { least: 0, keys: false };
  readonly #margins = new ArrivalMargins();
  /** When a frame was read last. */
  #readMs = 0;
  /** What of the delay nothing needs: it is left out where nobody hears it. */
  #surplus = 0;
  /** Frames since the last cut, or since there is something to cut; and how many there are to be. */
  #sinceCut = 0;
  #rest = 0;
  #quietFrames = 0;
  #dropped = 0;

  /** Samples thrown away because too much had come at once. */
  get dropped(): number {
    return this.#dropped;
  }

  /** What is aimed at between the first turn after the arrival of a packet and its own. */
  get depthMs(): number {
    return this.#depth / 8;
  }

  /** Of how many frames in a row nothing has come; the last ones read. */
  get missing(): number {
    return this.#concealment.missing;
  }

  suit(wishes: JitterWishes): void {
    this.#wishes = wishes;
    this.#surplus = 0;
    this.#margins.judgeAnew();
  }

  /** Puts samples at their place. False: they were too late, or there already. */
  push(timestamp: number, samples: Int16Array, nowMs: number): boolean {
    if (!this.#admits(timestamp, samples.length, nowMs)) return false;
    this.#ring.write(timestamp, samples);
    this.#written(timestamp, samples.length);
    return true;
  }

  /** The same of codes of 8 bits, which stand in `bytes` from `offset` on, and become samples by `table` when they are heard. */
  pushCodes(timestamp: number, bytes: Uint8Array, offset: number, count: number, table: Int16Array, nowMs: number): boolean {
    if (!this.#admits(timestamp, count, nowMs)) return false;
    this.#ring.writeCodes(timestamp, bytes, offset, count, table);
    this.#written(timestamp, count);
    return true;
  }

  /** Puts samples that were made up at their place, as far as their turn is still to come; there is nothing to be learned from them. */
  fill(timestamp: number, samples: Int16Array): void {
    const past = Math.max(0, timestampDistance(this.#cursor, timestamp));
    const at = (timestamp + past) >>> 0;
    if (!this.#started || past >= samples.length || timestampDistance(at, this.#cursor) + samples.length > CAPACITY) return;
    this.#ring.reach(this.#cursor, timestampDistance(at, this.#cursor) + samples.length);
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

  /** Takes the next frame, every 20 ms. False: it is all silence, there is nothing to hear. */
  read(into: Int16Array, nowMs: number): boolean {
    this.#readMs = nowMs;
    if (!this.#started) {
      into.fill(0);
      return false;
    }
    if (this.#surplus > 0 && this.#shorten(into)) return this.#concealment.keep(into, true);
    const noisy = this.#noise?.fill(into, this.#cursor) ?? false;
    const whole = this.#ring.isFull(this.#cursor, into.length);
    if (!noisy && !whole) this.#concealment.prepare(into);
    const present = this.#ring.take(this.#cursor, into);
    if (whole) this.#concealment.join(into);
    this.#cursor = (this.#cursor + into.length) >>> 0;
    return this.#concealment.keep(into, present > 0 || noisy);
  }

  /** Moves on by a frame that nobody hears, as `read` does. */
  pass(nowMs: number): void {
    this.#readMs = nowMs;
    if (!this.#started) return;
    if (this.#surplus > 0) this.#cut(this.#surplus);
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
    this.#surplus = 0;
    this.#margins.reset();
    this.pause();
  }

  /** Whether there is a place for so many samples of this time. */
  #admits(timestamp: number, count: number, nowMs: number): boolean {
    if (count === 0 || count > CAPACITY / 2) return false;
    const margin = timestampDistance(timestamp, this.#cursor);
    const restarts = !this.#started || Math.abs(margin) + count > CAPACITY || this.#lateInRow >= RESTART_AFTER_LATE;
    if (restarts) this.#restart(timestamp);
    else if (margin >= 0) this.#inTime(margin, nowMs);
    else if (!this.#late(timestamp, -margin)) return false;
    this.#ring.reach(this.#cursor, timestampDistance(timestamp, this.#cursor) + count);
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
    // Packets may fall elsewhere between two turns than those before.
    this.#depth = Math.max(this.#depth, FRAME_SAMPLES);
    this.#cursor = (timestamp - this.#depth) >>> 0;
    this.#newest = timestamp;
    this.#surplus = 0;
    this.#margins.judgeAnew();
    this.#lateInRow = 0;
  }

  /** Moves on without reading; returns how many samples were there. */
  #advance(samples: number): number {
    const dropped = this.#ring.drop(this.#cursor, samples);
    this.#cursor = (this.#cursor + samples) >>> 0;
    return dropped;
  }

  /** Waits less again when for some time every packet came with more than a frame to spare. */
  #inTime(ahead: number, nowMs: number): void {
    this.#lateInRow = 0;
    // It would come too late for what was to be cut.
    if (ahead < this.#surplus) this.#surplus = 0;
    const surplus = this.#margins.inTime(ahead, Math.max(0, FRAME_MS - (nowMs - this.#readMs)), this.#wishes.least);
    if (surplus === 0) return;
    if (this.#surplus === 0) this.#sinceCut = 0;
    this.#surplus = surplus < LEAST_CUT ? 0 : surplus;
  }

  /** Takes a frame that leaves something out, where that is not heard or has waited for long. False: not now. */
  #shorten(into: Int16Array): boolean {
    this.#sinceCut += 1;
    const most = Math.min(this.#surplus, FRAME_SAMPLES);
    const lying = ahead.subarray(0, FRAME_SAMPLES + most);
    const whole = this.#ring.isFull(this.#cursor, lying.length);
    if (whole) this.#ring.look(this.#cursor, lying);
    const nothing = !whole && this.#concealment.silent && this.#ring.count(this.#cursor, lying.length) === 0;
    this.#quietFrames = nothing || (whole && isQuiet(lying)) ? this.#quietFrames + 1 : 0;
    if (this.#wishes.keys && this.#quietFrames <= SILENCE_KEPT) return false;
    if (nothing) this.#cut(most);
    if (!whole) return false;
    if (this.#sinceCut < this.#rest || this.#concealment.active) return false;
    const cut = leaveOut(lying, into, most, this.#sinceCut >= CUT_BY);
    if (cut === 0) return false;
    this.#cut(cut);
    this.#advance(FRAME_SAMPLES);
    return true;
  }

  #cut(samples: number): void {
    this.#advance(samples);
    this.#depth = Math.max(0, this.#depth - samples);
    this.#surplus = this.#surplus - samples < LEAST_CUT ? 0 : this.#surplus - samples;
    this.#sinceCut = 0;
    this.#rest = Math.ceil(samples / CUT_A_FRAME);
    this.#margins.cut();
  }

  /** A packet came `ticks` after its turn: waiting longer from now on lets the next ones come in time. */
  #late(timestamp: number, ticks: number): boolean {
    this.#lateInRow += 1;
    this.#surplus = 0;
    // A sender whose clock is slower than ours uses the delay up: what is left of it may grow again.
    this.#depth = Math.min(this.#depth, this.#margins.mostAhead);
    this.#margins.late();
    // Later than any depth could help: the sender has paused or begun a new count.
    if (ticks <= MAX_DEPTH && this.#depth + FRAME_SAMPLES <= MAX_DEPTH) {
      this.#depth += FRAME_SAMPLES;
      this.#cursor = (this.#cursor - FRAME_SAMPLES) >>> 0;
      this.#ring.reach(this.#cursor, FRAME_SAMPLES);
    }
    // With something newer already heard there is no way back: only a stream that has run dry may be put off.
    return timestampDistance(this.#newest, timestamp) <= 0 && timestampDistance(timestamp, this.#cursor) >= 0;
  }
}

function isQuiet(samples: Int16Array): boolean {
  for (const sample of samples) if (sample > QUIET_PEAK || sample < -QUIET_PEAK) return false;
  return true;
}
