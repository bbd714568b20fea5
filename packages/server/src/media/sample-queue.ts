/** Samples that have come and wait, in the portions in which they came. */
export class SampleQueue {
  readonly #portions: Int16Array[] = [];
  /** Where reading has got to in the first portion. */
  #offset = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The portion is kept, not copied. */
  append(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#portions.push(samples);
    this.#length += samples.length;
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
}
