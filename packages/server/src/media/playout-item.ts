import { FRAME_MS, FRAME_SAMPLES, LONGEST_PIECE, leaveOut, SAMPLE_RATE_HZ, SampleQueue, type AudioSource } from "../audio/index.ts";
import type { FeedResult } from "./feed.ts";
import { LiveDelay } from "./live-delay.ts";
import type { FeedMode } from "./protocol.ts";

/** Used samples are told in portions of a second, half of what may be read ahead. */
const TELL_USED_SAMPLES = SAMPLE_RATE_HZ;
/** Those of a feed more often: whoever makes them wants to know how much is left. */
const TELL_FEED_SAMPLES = SAMPLE_RATE_HZ / 5;
/** What a feed begins with must have been there for so long: else the next frame, a little later, would miss its turn. */
export const GUARD_MS = 4;

interface Mark {
  /** How many samples had come. */
  readonly at: number;
  readonly mark: number;
}

/** What is looked at when a piece is left out; shared, because nothing is kept in it. */
const ahead = new Int16Array(FRAME_SAMPLES + LONGEST_PIECE);

/** One playback in the queue: its samples as far as they have come, and how far it has got. */
export class PlayoutItem {
  readonly id: number;
  readonly kind: AudioSource["kind"];
  readonly #feed: FeedMode | undefined;
  readonly #delay: LiveDelay | undefined;
  readonly #queue = new SampleQueue();
  readonly #marks: Mark[] = [];
  #untold = 0;
  /** In the frame that was read and has not left yet: what was taken for it, and how much of that was left out. */
  #leaving = 0;
  #leavingOut = 0;
  #passed = 0;
  #skipped = 0;
  #ended = false;
  #paused = false;
  /** Samples that have come. */
  #come = 0;
  /** Since when there is a whole frame. */
  #wholeMs = 0;
  /** The frame before this one was there. */
  #flowing = false;
  /** Frames that were due and not there: since something was, and in all. */
  #missed = 0;
  #missedInAll = 0;

  constructor(id: number, kind: AudioSource["kind"], feed: FeedMode | undefined) {
    this.id = id;
    this.kind = kind;
    this.#feed = feed;
    this.#delay = feed?.live ? new LiveDelay(feed.live) : undefined;
  }

  /** Its samples come while it is played. */
  get isFeed(): boolean {
    return this.#feed !== undefined;
  }

  /** All samples have come and were read. */
  get finished(): boolean {
    return this.#ended && this.#queue.length === 0;
  }

  /** Something of it was read. */
  get begun(): boolean {
    return this.#passed + this.#leaving > 0;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Its turn has come: a part of a frame is held back until its rest is there, one gap instead of many. */
  isReady(samples: number, nowMs: number): boolean {
    if (this.#ended) return true;
    if (this.#queue.length < samples) return false;
    // What joins the end of another playback within a frame waits for nothing.
    return !this.#feed || this.#flowing || samples < FRAME_SAMPLES || nowMs - this.#wholeMs >= GUARD_MS;
  }

  /** A feed that begins, or goes on after it had run dry: its first frame is there. */
  get waits(): boolean {
    return this.#feed !== undefined && !this.#flowing && !this.#paused && this.#queue.length >= FRAME_SAMPLES;
  }

  /** What became of it, now that it is over. */
  result(complete: boolean): FeedResult {
    const ms = (samples: number) => Math.round((samples * 1000) / SAMPLE_RATE_HZ);
    return {
      complete,
      heardMs: ms(this.#passed - this.#skipped),
      skippedMs: ms(this.#skipped),
      underrunMs: this.#missedInAll * FRAME_MS,
    };
  }

  append(samples: Int16Array, nowMs: number): void {
    if (this.#ended) return;
    if (this.#queue.length < FRAME_SAMPLES) this.#wholeMs = nowMs;
    this.#queue.append(samples);
    this.#come += samples.length;
  }

  /** To be told when everything that has come so far has left. */
  mark(mark: number): void {
    this.#marks.push({ at: this.#come, mark });
  }

  /** The next mark that has been reached, once. */
  takeMark(): number | undefined {
    const [first] = this.#marks;
    if (!first || first.at > this.#passed) return undefined;
    this.#marks.shift();
    return first.mark;
  }

  pause(on: boolean): void {
    if (this.#paused !== on) this.#delay?.forget();
    this.#paused = on;
  }

  /** A frame was due, and nothing was there. */
  miss(): void {
    this.#missed += 1;
    this.#flowing = false;
    this.#delay?.missed(1);
  }

  /** So many frames were due while nobody looked. */
  skip(frames: number): void {
    if (this.begun && !this.#paused) this.#delay?.missed(frames);
  }

  /** How many frames were missed before the one that is there now; only a feed tells. */
  takeMissed(): number {
    const missed = this.#queue.length > 0 ? this.#missed : 0;
    this.#missedInAll += missed;
    this.#missed = 0;
    return this.#feed ? missed : 0;
  }

  end(): void {
    this.#ended = true;
  }

  /** Reads into `into` from `from` on; returns where it is filled to. */
  take(into: Int16Array, from: number): number {
    this.#flowing = true;
    if (this.#delay && from === 0 && !this.#ended && this.#leaveOut(this.#delay, into)) return FRAME_SAMPLES;
    const at = this.#queue.take(into, from);
    this.#leaving += at - from;
    this.#untold += at - from;
    return at;
  }

  /** How many used samples are to be told now; 0: not yet. A feed's are told also when there is nothing left (`dry`). */
  takeUsed(dry: boolean): number {
    const due = this.#feed ? dry || this.#untold >= TELL_FEED_SAMPLES : !this.#ended && (this.#untold >= TELL_USED_SAMPLES || this.#queue.length === 0);
    if (!due) return 0;
    const used = this.#untold;
    this.#untold = 0;
    return used;
  }

  /** What was read has left as RTP. True: it was the first of this playback. */
  sent(): boolean {
    const first = this.#passed === 0 && this.#leaving > 0;
    this.#passed += this.#leaving;
    this.#skipped += this.#leavingOut;
    this.#leaving = this.#leavingOut = 0;
    return first;
  }

  /** A frame of live audio with a piece left out, if there is too much of it. */
  #leaveOut(delay: LiveDelay, into: Int16Array): boolean {
    delay.turn(this.#queue.length);
    if (delay.owed <= 0 || this.#queue.length < ahead.length) return false;
    this.#queue.peek(ahead, 0);
    const piece = leaveOut(ahead, into, delay.owed, delay.urgent);
    if (piece === 0) return false;
    delay.leftOut(piece);
    this.#queue.drop(FRAME_SAMPLES + piece);
    this.#leaving += FRAME_SAMPLES + piece;
    this.#leavingOut += piece;
    this.#untold += FRAME_SAMPLES + piece;
    return true;
  }
}
