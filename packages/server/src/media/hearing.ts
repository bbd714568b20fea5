import { FRAME_MS, FRAME_SAMPLES } from "../audio/index.ts";
import { timestampDistance } from "../rtp/index.ts";
import { Concealment } from "./concealment.ts";
import { SampleRing } from "./sample-ring.ts";

/** Half a second. */
const CAPACITY = 4096;
/** So long what came early waits for what is missing before it: a packet that was overtaken by two others still counts. */
const PATIENCE_MS = 38;
/** Each packet that came too late for that makes it longer, up to what a jitter buffer waits. */
const MORE_PATIENCE_MS = 20;
const MOST_PATIENCE_MS = 118;
/** Packets in which nothing needed that patience, after which it becomes shorter again: five seconds. */
const EASE_AFTER_PACKETS = 250;
/** Nothing has come for so long beyond the patience: from now on there is silence by the clock. */
const QUIET_MS = 20;
/** After a resumption the clock may be behind by this without being made up for: less than two frames. */
const BEHIND_MS = 38;
/** More than this is not made up for: time begins anew. */
const MOST_BEHIND_MS = 1000;
/** How fast the count of frames follows a party whose clock is not ours, for each frame: half a percent. */
const FOLLOW_MS = 0.1;

/** A packet as the count of its sequence numbers sees it. */
export type Arrival = "successor" | "ahead" | "behind";

/**
 * What a party says, in frames of 20 ms, each as soon as its packet has come: for listeners who would rather have it
 * early than evenly. Frames are in their order, and there are as many as time goes on: what does not come is silence
 * by the clock. What is lost between two packets is concealed.
 */
export class Hearing {
  readonly #hand: (frame: Int16Array) => void;
  readonly #ring = new SampleRing(CAPACITY);
  readonly #concealment = new Concealment();
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #silence = new Int16Array(FRAME_SAMPLES);
  #started = false;
  /** Timestamp of the sample that is handed over next. */
  #cursor = 0;
  /** Timestamp behind the newest sample. */
  #newest = 0;
  /** Since when something waits for what is missing before it. */
  #waitingMs: number | undefined;
  #patienceMs = PATIENCE_MS;
  /** Packets since something was waited for nearly so long, or came too late. */
  #eased = 0;
  /** When something came. */
  #cameMs: number;
  /** Samples of silence that were handed over by the clock since then; undefined: none. */
  #filled: number | undefined;
  /** Where time would be if all frames so far had been handed over in it. */
  #timeMs: number;
  #first = true;
  #late = 0;
  /** Nobody is to hear what comes; time goes on. */
  silent = false;

  /** Every frame is valid until `hand` returns. */
  constructor(nowMs: number, hand: (frame: Int16Array) => void) {
    this.#cameMs = this.#timeMs = nowMs;
    this.#hand = hand;
  }

  /** Packets that came after their turn. */
  get late(): number {
    return this.#late;
  }

  push(timestamp: number, samples: Int16Array, arrival: Arrival, nowMs: number): void {
    if (samples.length === 0 || samples.length > CAPACITY / 2) return;
    const ahead = this.#started ? timestampDistance(timestamp, this.#cursor) : 0;
    const elsewhere = Math.abs(ahead) + samples.length > CAPACITY;
    if (!elsewhere && this.#started && ahead < 0 && (arrival === "behind" || this.#filled === undefined)) {
      return this.#pushLate(timestamp, -ahead, samples, nowMs);
    }
    // Nothing is missing before a successor: the party has left out time on purpose.
    const pause = arrival === "successor" && this.#waitingMs === undefined && timestampDistance(timestamp, this.#newest) > 0;
    if (!this.#started || elsewhere || pause || this.#filled !== undefined) this.#resume(timestamp, elsewhere ? CAPACITY : ahead, nowMs);
    this.#place(timestamp, samples, nowMs);
  }

  /** Something came that is pushed later, when what is missing before it has come or been made up: this is no silence. */
  wait(nowMs: number): void {
    this.#cameMs = nowMs;
  }

  /** Time passes, and all that came until now has been pushed; to be called about every 20 ms. */
  elapse(nowMs: number): void {
    if (this.#waitingMs !== undefined && nowMs - this.#waitingMs >= this.#patienceMs) this.#deliver(nowMs);
    const quietMs = this.#patienceMs + QUIET_MS;
    if (nowMs - this.#cameMs < quietMs) return;
    if (this.#filled === undefined) this.#finish(nowMs);
    this.#filled ??= 0;
    if (nowMs - this.#timeMs > MOST_BEHIND_MS) this.#timeMs = nowMs - MOST_BEHIND_MS;
    while (nowMs - this.#timeMs >= quietMs) this.#fill();
  }

  /** Another source begins. */
  restart(nowMs: number): void {
    this.#finish(nowMs);
    this.#started = false;
  }

  /** Only what lies behind the cursor can still be used. */
  #pushLate(timestamp: number, behind: number, samples: Int16Array, nowMs: number): void {
    if (behind >= samples.length) {
      this.#late += 1;
      // What comes in the midst of other packets is not of a sender that has paused or begun anew.
      if (this.#filled === undefined && behind / 8 <= MOST_BEHIND_MS) this.#bePatient();
    } else this.#place((timestamp + behind) >>> 0, samples.subarray(behind), nowMs);
  }

  /** Goes on at another time of the party's, at once; the clock catches up with silence, if that is what the party left out. */
  #resume(timestamp: number, ahead: number, nowMs: number): void {
    this.#finish(nowMs);
    if (nowMs - this.#timeMs > MOST_BEHIND_MS) this.#timeMs = nowMs - MOST_BEHIND_MS;
    let filled = this.#filled ?? 0;
    for (; (!this.#started || ahead > filled) && nowMs - this.#timeMs >= BEHIND_MS; filled += FRAME_SAMPLES) this.#fill();
    this.#filled = undefined;
    this.#started = true;
    this.#cursor = this.#newest = timestamp;
  }

  #place(timestamp: number, samples: Int16Array, nowMs: number): void {
    this.#cameMs = nowMs;
    // The usual case: a whole frame, and nothing else is there.
    if (samples.length === FRAME_SAMPLES && timestamp === this.#cursor && this.#newest === this.#cursor && !this.#concealment.active) {
      this.#cursor = this.#newest = (timestamp + FRAME_SAMPLES) >>> 0;
      this.#concealment.keep(samples, true);
      this.#ease(0);
      this.#give(samples, nowMs);
      return;
    }
    if (!this.#ring.isEmptyAt(timestamp)) {
      this.#late += 1;
      return;
    }
    this.#ring.write(timestamp, samples);
    const end = (timestamp + samples.length) >>> 0;
    if (timestampDistance(end, this.#newest) > 0) this.#newest = end;
    this.#deliver(nowMs);
  }

  #bePatient(): void {
    this.#patienceMs = Math.min(this.#patienceMs + MORE_PATIENCE_MS, MOST_PATIENCE_MS);
    this.#eased = 0;
  }

  /** What was missing has come after `waitedMs`, or nothing was. */
  #ease(waitedMs: number): void {
    this.#eased = waitedMs > this.#patienceMs - MORE_PATIENCE_MS ? 0 : this.#eased + 1;
    if (this.#eased < EASE_AFTER_PACKETS || this.#patienceMs <= PATIENCE_MS) return;
    this.#patienceMs -= MORE_PATIENCE_MS;
    this.#eased = 0;
  }

  /** Hands over all frames that are whole, and those that were waited for long enough. */
  #deliver(nowMs: number): void {
    while (timestampDistance(this.#newest, this.#cursor) >= FRAME_SAMPLES) {
      const whole = this.#ring.isFull(this.#cursor, FRAME_SAMPLES);
      if (!whole) {
        this.#waitingMs ??= nowMs;
        if (nowMs - this.#waitingMs < this.#patienceMs) return;
      }
      this.#take(nowMs);
      if (!whole) continue;
      this.#ease(this.#waitingMs === undefined ? 0 : nowMs - this.#waitingMs);
      this.#waitingMs = undefined;
    }
    this.#waitingMs = undefined;
  }

  /** Hands over all that is there; the last frame is filled up. */
  #finish(nowMs: number): void {
    while (this.#started && timestampDistance(this.#newest, this.#cursor) > 0) this.#take(nowMs);
    this.#newest = this.#cursor;
    this.#waitingMs = undefined;
    this.#concealment.forget();
  }

  #take(nowMs: number): void {
    const whole = this.#ring.isFull(this.#cursor, FRAME_SAMPLES);
    if (!whole) this.#concealment.prepare(this.#frame);
    const present = this.#ring.take(this.#cursor, this.#frame);
    if (whole) this.#concealment.join(this.#frame);
    this.#concealment.keep(this.#frame, present > 0);
    this.#cursor = (this.#cursor + FRAME_SAMPLES) >>> 0;
    this.#give(this.#frame, nowMs);
  }

  /** A frame of silence by the clock. */
  #fill(): void {
    this.#filled = (this.#filled ?? 0) + FRAME_SAMPLES;
    this.#timeMs += FRAME_MS;
    this.#hand(this.#silence);
  }

  /** A frame of what came. */
  #give(frame: Int16Array, nowMs: number): void {
    const aheadMs = this.#timeMs + FRAME_MS - nowMs;
    // The first packet sets the time; after that it follows slowly, because packets come early and late.
    if (this.#first) this.#timeMs = nowMs;
    else this.#timeMs += FRAME_MS - Math.max(-FOLLOW_MS, Math.min(FOLLOW_MS, aheadMs));
    this.#first = false;
    this.#hand(this.silent ? this.#silence : frame);
  }
}
