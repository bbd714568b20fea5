import { FRAME_SAMPLES, type AudioSource } from "../audio/index.ts";
import { Concealment } from "./concealment.ts";
import type { FeedResult } from "./feed.ts";
import { PlayoutItem } from "./playout-item.ts";
import type { FeedMode } from "./protocol.ts";
import type { MediaCounters } from "./statistics.ts";

export interface PlayoutHooks {
  /** Samples were used up: as many more may be handed over. */
  readonly used: (playback: number, samples: number) => void;
  /** The first packet of a playback has left. */
  readonly playing: (kind: AudioSource["kind"]) => void;
  readonly played: (playback: number, result: FeedResult) => void;
  readonly marked: (playback: number, mark: number) => void;
  /** Samples came again after so many frames without any. */
  readonly underrun: (playback: number, frames: number) => void;
}

/** The queue of what is to be played, one playback behind the other without a gap. */
export class Playout {
  readonly #counters: MediaCounters;
  readonly #hooks: PlayoutHooks;
  readonly #queue: PlayoutItem[] = [];
  readonly #concealment = new Concealment();

  constructor(counters: MediaCounters, hooks: PlayoutHooks) {
    this.#counters = counters;
    this.#hooks = hooks;
  }

  /** `feed`: its samples come while it is played, and it tells of marks and underruns. */
  add(playback: number, kind: AudioSource["kind"], feed?: FeedMode): void {
    this.#queue.push(new PlayoutItem(playback, kind, feed));
  }

  /** The samples are kept, not copied. */
  append(playback: number, samples: Int16Array, nowMs: number): void {
    this.#find(playback)?.append(samples, nowMs);
  }

  /** What is to be played next begins with the next turn. */
  get waits(): boolean {
    return this.#queue[0]?.waits ?? false;
  }

  mark(playback: number, mark: number): void {
    const item = this.#find(playback);
    item?.mark(mark);
    if (item) this.#tellMarks(item);
  }

  pause(playback: number, on: boolean): void {
    const item = this.#find(playback);
    item?.pause(on);
    if (item && item === this.#queue[0]) this.#concealment.forget();
  }

  /** Nothing more comes for this playback. */
  end(playback: number): void {
    this.#find(playback)?.end();
  }

  /** Throws away what is left of a playback. */
  flush(playback: number): void {
    const item = this.#find(playback);
    if (item) this.#remove(item, false);
  }

  /** Throws away everything. */
  clear(): void {
    for (let head = this.#queue[0]; head; head = this.#queue[0]) this.#remove(head, false);
  }

  /**
   * Takes the next frame. Where a feed has run dry what it last said fades out; everything else that is missing is
   * silence. False: nothing is heard in this frame.
   */
  read(into: Int16Array, nowMs: number): boolean {
    let at = 0;
    let fed = false;
    for (const item of this.#queue) {
      if (item.paused) break;
      if (item.isReady(FRAME_SAMPLES - at, nowMs)) {
        at = this.#take(item, into, at);
        fed = item.isFeed;
      } else if (item.begun) {
        this.#miss(item);
        if (item.isFeed) return this.#conceal(into);
      }
      if (!item.finished || at === FRAME_SAMPLES) break;
    }
    if (at < FRAME_SAMPLES) into.fill(0, at);
    if (fed) this.#concealment.keep(into, true);
    return at > 0;
  }

  /** Time passed in which nothing was read. */
  skip(frames: number): void {
    this.#queue[0]?.skip(frames);
  }

  /** The frame that was read has left as RTP. */
  sent(): void {
    // What is finished is always at the front; the loop stops at the first one that goes on.
    for (let head = this.#queue[0]; head; head = this.#queue[0]) {
      if (head.sent()) this.#hooks.playing(head.kind);
      this.#tellMarks(head);
      if (!head.finished) break;
      this.#remove(head, true);
    }
  }

  #miss(item: PlayoutItem): void {
    this.#counters.underruns += 1;
    item.miss();
    this.#tellUsed(item, true);
  }

  #conceal(into: Int16Array): boolean {
    this.#concealment.prepare(into);
    return this.#concealment.keep(into, false);
  }

  #tellMarks(item: PlayoutItem): void {
    for (let mark = item.takeMark(); mark !== undefined; mark = item.takeMark()) this.#hooks.marked(item.id, mark);
  }

  #take(item: PlayoutItem, into: Int16Array, at: number): number {
    const missed = item.takeMissed();
    if (missed > 0) this.#hooks.underrun(item.id, missed);
    const end = item.take(into, at);
    this.#tellUsed(item, false);
    return end;
  }

  #tellUsed(item: PlayoutItem, dry: boolean): void {
    const used = item.takeUsed(dry);
    if (used > 0) this.#hooks.used(item.id, used);
  }

  #find(playback: number): PlayoutItem | undefined {
    return this.#queue.find((item) => item.id === playback);
  }

  #remove(item: PlayoutItem, complete: boolean): void {
    if (item === this.#queue[0]) this.#concealment.forget();
    this.#queue.splice(this.#queue.indexOf(item), 1);
    this.#hooks.played(item.id, item.result(complete));
  }
}
