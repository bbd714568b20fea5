import type { StreamLine } from "../../interpreter/index.ts";

type Feed = ReturnType<StreamLine["feed"]>;

/** What is said in one go, on its way into a feed: handed over only as far ahead as told, so that the rest can be dropped. */
export class Spurt {
  readonly #feed: Feed;
  readonly #aheadSamples: number;
  /** In their order: samples, and the numbers of marks. */
  readonly #waiting: (Int16Array | number)[] = [];
  /** Not handed over, and handed over but not used. */
  #behind = 0;
  #ahead = 0;
  #over = false;

  constructor(feed: Feed, aheadSamples: number) {
    this.#feed = feed;
    this.#aheadSamples = aheadSamples;
  }

  /** Samples that came and have neither left nor been dropped. */
  get queued(): number {
    return this.#behind + this.#ahead;
  }

  push(samples: Int16Array): void {
    if (this.#over || samples.length === 0) return;
    // The usual way, on which nothing is kept here.
    if (this.#waiting.length === 0 && this.#ahead + samples.length <= this.#aheadSamples) return this.#hand(samples);
    this.#waiting.push(samples.slice());
    this.#behind += samples.length;
    return this.#forward();
  }

  /** Told by the feed once everything that came before has left. */
  mark(mark: number): void {
    if (this.#waiting.length === 0) this.#feed.mark(mark);
    else this.#waiting.push(mark);
  }

  /** Throws away the oldest samples that are not handed over, so many at most; returns how many they were. */
  drop(samples: number): number {
    let left = samples;
    for (let next = this.#waiting[0]; next !== undefined && left > 0; next = this.#waiting[0]) {
      if (typeof next === "number") this.#feed.mark(next);
      else {
        const part = Math.min(next.length, left);
        left -= part;
        if (part < next.length) {
          this.#waiting[0] = next.subarray(part);
          break;
        }
      }
      this.#waiting.shift();
    }
    this.#behind -= samples - left;
    this.#endIfAll();
    return samples - left;
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

  #forward(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (typeof next === "number") {
        this.#waiting.shift();
        this.#feed.mark(next);
        continue;
      }
      const room = this.#aheadSamples - this.#ahead;
      if (room <= 0) return;
      const portion = next.subarray(0, room);
      if (portion.length < next.length) this.#waiting[0] = next.subarray(room);
      else this.#waiting.shift();
      this.#behind -= portion.length;
      this.#hand(portion);
    }
    this.#endIfAll();
  }

  #endIfAll(): void {
    if (this.#over && this.#waiting.length === 0) this.#feed.end();
  }
}
