import { SampleQueue } from "../../audio/index.ts";
import type { StreamLine } from "../../interpreter/index.ts";

type Feed = ReturnType<StreamLine["feed"]>;

interface Mark {
  /** How many samples had come. */
  readonly at: number;
  readonly mark: number;
}

/** What is said in one go, on its way into a feed: handed over only as far ahead as told, so that the rest can be dropped. */
export class Spurt {
  readonly #feed: Feed;
  readonly #aheadSamples: number;
  /** Not handed over; without any, no mark waits either. */
  readonly #waiting = new SampleQueue();
  readonly #marks: Mark[] = [];
  #come = 0;
  /** Handed over, but not used. */
  #ahead = 0;
  #over = false;

  constructor(feed: Feed, aheadSamples: number) {
    this.#feed = feed;
    this.#aheadSamples = aheadSamples;
  }

  /** Samples that came and have neither left nor been dropped. */
  get queued(): number {
    return this.#waiting.length + this.#ahead;
  }

  push(samples: Int16Array): void {
    if (this.#over || samples.length === 0) return;
    this.#come += samples.length;
    // The usual way, on which nothing is kept here.
    if (this.#waiting.length === 0 && this.#ahead + samples.length <= this.#aheadSamples) return this.#hand(samples);
    this.#waiting.append(samples.slice());
    return this.#forward();
  }

  /** Told by the feed once everything that came before has left. */
  mark(mark: number): void {
    if (this.#waiting.length === 0) this.#feed.mark(mark);
    else this.#marks.push({ at: this.#come, mark });
  }

  /** Throws away the oldest samples that are not handed over, so many at most; returns how many they were. */
  drop(samples: number): number {
    const dropped = Math.min(samples, this.#waiting.length);
    this.#waiting.drop(dropped);
    this.#passMarks();
    this.#endIfAll();
    return dropped;
  }

  /** The feed has used up that many. */
  used(samples: number): void {
    this.#ahead = Math.max(0, this.#ahead - samples);
    if (this.#waiting.length > 0) this.#forward();
  }

  /** Nothing more comes. */
  end(): void {
    this.#over = true;
    this.#endIfAll();
  }

  #hand(samples: Int16Array): void {
    this.#ahead += samples.length;
    this.#feed.push(samples);
  }

  /** Hands over as much as may be, up to one mark after the other. */
  #forward(): void {
    for (;;) {
      const upTo = this.#marks[0]?.at ?? this.#come;
      const samples = Math.min(this.#aheadSamples - this.#ahead, upTo - this.#gone);
      if (samples <= 0) break;
      const portion = new Int16Array(samples);
      this.#waiting.take(portion, 0);
      this.#hand(portion);
      this.#passMarks();
    }
    this.#endIfAll();
  }

  /** Samples that were handed over or dropped. */
  get #gone(): number {
    return this.#come - this.#waiting.length;
  }

  #passMarks(): void {
    for (let first = this.#marks[0]; first && first.at <= this.#gone; first = this.#marks[0]) {
      this.#marks.shift();
      this.#feed.mark(first.mark);
    }
  }

  #endIfAll(): void {
    if (this.#over && this.#waiting.length === 0) this.#feed.end();
  }
}
