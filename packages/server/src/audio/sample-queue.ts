import { FRAME_SAMPLES } from "./source.ts";

/** Short portions are joined in pieces of this length. */
const PIECE_SAMPLES = 10 * FRAME_SAMPLES;

/** Before anything has been joined. */
const NO_PIECE = new Int16Array(0);

/** Samples that have come and wait. */
export class SampleQueue {
  readonly #portions: Int16Array[] = [];
  /** Where reading has got to in the first portion. */
  #offset = 0;
  #length = 0;
  /** Where short portions are joined, while the last portion lies in it. */
  #piece: Int16Array = NO_PIECE;

  get length(): number {
    return this.#length;
  }

  /**
   * The portion is kept; a short one is copied. Whoever sends sample by sample would else have a queue of half a
   * million portions, each of which costs more memory than its samples, and more time the more there are.
   */
  append(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#length += samples.length;
    if (samples.length < FRAME_SAMPLES) this.#join(samples);
    else this.#portions.push(samples);
  }

  /** Moves samples into `into` from `from` on; returns where it is filled to. */
  take(into: Int16Array, from: number): number {
    const at = this.peek(into, from);
    this.drop(at - from);
    return at;
  }

  /** Copies samples into `into` from `from` on, and leaves them; returns where it is filled to. */
  peek(into: Int16Array, from: number): number {
    let at = from;
    let offset = this.#offset;
    for (const portion of this.#portions) {
      const end = Math.min(portion.length, offset + into.length - at);
      for (let index = offset; index < end; index++) into[at++] = portion[index] ?? 0;
      offset = 0;
      if (at === into.length) break;
    }
    return at;
  }

  /** Leaves out that many, if there are. */
  drop(samples: number): void {
    let left = Math.min(samples, this.#length);
    this.#length -= left;
    for (let first = this.#portions[0]; first && left > 0; first = this.#portions[0]) {
      const here = Math.min(left, first.length - this.#offset);
      this.#offset += here;
      left -= here;
      if (this.#offset < first.length) return;
      this.#portions.shift();
      this.#offset = 0;
    }
  }

  #join(samples: Int16Array): void {
    const last = this.#portions.at(-1);
    const goesOn = last?.buffer === this.#piece.buffer && last.length + samples.length <= PIECE_SAMPLES;
    const at = goesOn ? last.length : 0;
    if (goesOn) this.#portions.pop();
    // An empty queue has no use for the piece it had.
    else if (last || this.#piece.length === 0) this.#piece = new Int16Array(PIECE_SAMPLES);
    this.#piece.set(samples, at);
    this.#portions.push(this.#piece.subarray(0, at + samples.length));
  }
}
