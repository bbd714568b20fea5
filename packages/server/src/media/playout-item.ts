import { FRAME_MS, SAMPLE_RATE_HZ, type AudioSource } from "../audio/index.ts";
import type { FeedResult } from "./feed.ts";
import type { FeedMode } from "./protocol.ts";

/** Used samples are told in portions of a second, half of what may be read ahead. */
const TELL_USED_SAMPLES = SAMPLE_RATE_HZ;
/** Those of a feed more often: whoever makes them wants to know how much is left. */
const TELL_FEED_SAMPLES = SAMPLE_RATE_HZ / 5;

interface Mark {
  /** How many samples had come. */
  readonly at: number;
  readonly mark: number;
}

/** One playback in the queue: its samples as far as they have come, and how far it has got. */
export class PlayoutItem {
  readonly id: number;
  readonly kind: AudioSource["kind"];
  readonly #chunks: Int16Array[] = [];
  /** Where reading has got to in the first chunk. */
  #offset = 0;
  #buffered = 0;
  #untold = 0;
  /** In the frame that was read and has not left yet. */
  #leaving = 0;
  #heard = 0;
  #ended = false;
  #paused = false;
  readonly #feed: FeedMode | undefined;
  readonly #marks: Mark[] = [];
  /** Samples that have come. */
  #come = 0;
  /** Frames that were due and not there: since something was, and in all. */
  #missed = 0;
  #missedInAll = 0;

  constructor(id: number, kind: AudioSource["kind"], feed: FeedMode | undefined) {
    this.id = id;
    this.kind = kind;
    this.#feed = feed;
  }

  /** Samples that can be read. */
  get buffered(): number {
    return this.#buffered;
  }

  /** All samples have come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** All samples have come and were read. */
  get finished(): boolean {
    return this.#ended && this.#buffered === 0;
  }

  /** Something of it was read. */
  get begun(): boolean {
    return this.#heard + this.#leaving > 0;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** What became of it, now that it is over. */
  result(complete: boolean): FeedResult {
    const heardMs = Math.round((this.#heard * 1000) / SAMPLE_RATE_HZ);
    return { complete, heardMs, skippedMs: 0, underrunMs: this.#missedInAll * FRAME_MS };
  }

  append(samples: Int16Array): void {
    if (samples.length === 0 || this.#ended) return;
    this.#chunks.push(samples);
    this.#buffered += samples.length;
    this.#come += samples.length;
  }

  /** To be told when everything that has come so far has left. */
  mark(mark: number): void {
    this.#marks.push({ at: this.#come, mark });
  }

  /** The next mark that has been reached, once. */
  takeMark(): number | undefined {
    const [first] = this.#marks;
    if (!first || first.at > this.#heard) return undefined;
    this.#marks.shift();
    return first.mark;
  }

  pause(on: boolean): void {
    this.#paused = on;
  }

  /** A frame was due, and nothing was there. */
  miss(): void {
    this.#missed += 1;
    this.#missedInAll += 1;
  }

  /** How many frames were missed before the one that is there now; only a feed tells. */
  takeMissed(): number {
    const missed = this.#feed ? this.#missed : 0;
    this.#missed = 0;
    return missed;
  }

  end(): void {
    this.#ended = true;
  }

  /** Reads into `into` from `from` on; returns where it is filled to. */
  take(into: Int16Array, from: number): number {
    let at = from;
    for (let chunk = this.#chunks[0]; chunk && at < into.length; chunk = this.#chunks[0]) {
      const end = Math.min(chunk.length, this.#offset + into.length - at);
      for (let index = this.#offset; index < end; index++) into[at++] = chunk[index] ?? 0;
      this.#offset = end;
      if (end < chunk.length) continue;
      this.#chunks.shift();
      this.#offset = 0;
    }
    this.#leaving += at - from;
    this.#buffered -= at - from;
    this.#untold += at - from;
    return at;
  }

  /** How many used samples are to be told now; 0: not yet. */
  takeUsed(): number {
    const portion = this.#feed ? TELL_FEED_SAMPLES : TELL_USED_SAMPLES;
    if ((this.#ended && !this.#feed) || (this.#untold < portion && this.#buffered > 0)) return 0;
    const used = this.#untold;
    this.#untold = 0;
    return used;
  }

  /** What was read has left as RTP. True: it was the first of this playback. */
  sent(): boolean {
    const first = this.#heard === 0 && this.#leaving > 0;
    this.#heard += this.#leaving;
    this.#leaving = 0;
    return first;
  }
}
