/** No G.711 code decodes to this value: it marks a place nothing has come for. */
const EMPTY = -32_768;

/** Samples at the places their timestamps give them; a place is empty until it is written, and again when it was read. */
export class SampleRing {
  readonly capacity: number;
  readonly #samples: Int16Array;
  readonly #mask: number;

  /** `capacity` is a power of two. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#mask = capacity - 1;
    this.#samples = new Int16Array(capacity).fill(EMPTY);
  }

  isEmptyAt(timestamp: number): boolean {
    return this.#samples[timestamp & this.#mask] === EMPTY;
  }

  /** All of `count` places have been written. */
  isFull(timestamp: number, count: number): boolean {
    for (let index = 0; index < count; index++) if (this.isEmptyAt(timestamp + index)) return false;
    return true;
  }

  write(timestamp: number, samples: Int16Array): void {
    for (let index = 0; index < samples.length; index++) {
      this.#samples[(timestamp + index) & this.#mask] = samples[index] ?? EMPTY;
    }
  }

  /** Moves `into.length` samples out; at empty places `into` keeps what it has. Returns how many samples there were. */
  take(timestamp: number, into: Int16Array): number {
    let present = 0;
    for (let index = 0; index < into.length; index++) {
      const place = (timestamp + index) & this.#mask;
      const sample = this.#samples[place] ?? EMPTY;
      if (sample === EMPTY) continue;
      into[index] = sample;
      this.#samples[place] = EMPTY;
      present += 1;
    }
    return present;
  }

  /** Empties `count` places. Returns how many samples there were. */
  drop(timestamp: number, count: number): number {
    let present = 0;
    for (let index = 0; index < Math.min(count, this.capacity); index++) {
      const place = (timestamp + index) & this.#mask;
      if (this.#samples[place] !== EMPTY) present += 1;
      this.#samples[place] = EMPTY;
    }
    return present;
  }

  clear(): void {
    this.#samples.fill(EMPTY);
  }
}
