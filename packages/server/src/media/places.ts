const WORD = 32;

/** Which places of a circle are taken: a bit for each. */
export class Places {
  readonly #words: Int32Array;
  readonly #mask: number;
  #none = true;

  /** `capacity` is a power of two, 32 at least. */
  constructor(capacity: number) {
    this.#words = new Int32Array(capacity / WORD);
    this.#mask = capacity - 1;
  }

  /** None has been taken since all were cleared. */
  get none(): boolean {
    return this.#none;
  }

  has(place: number): boolean {
    const at = place & this.#mask;
    return ((this.#words[at >> 5] ?? 0) & (1 << (at & 31))) !== 0;
  }

  /** Of `count` places from `from` on. */
  count(from: number, count: number): number {
    let taken = 0;
    for (let at = from & this.#mask, left = count; left > 0; ) {
      const here = Math.min(WORD - (at & 31), left);
      taken += ones((this.#words[at >> 5] ?? 0) & bits(at & 31, here));
      left -= here;
      at = (at + here) & this.#mask;
    }
    return taken;
  }

  fill(from: number, count: number): void {
    this.#none = false;
    for (let at = from & this.#mask, left = count; left > 0; ) {
      const here = Math.min(WORD - (at & 31), left);
      this.#words[at >> 5] = (this.#words[at >> 5] ?? 0) | bits(at & 31, here);
      left -= here;
      at = (at + here) & this.#mask;
    }
  }

  clear(from: number, count: number): void {
    for (let at = from & this.#mask, left = count; left > 0; ) {
      const here = Math.min(WORD - (at & 31), left);
      this.#words[at >> 5] = (this.#words[at >> 5] ?? 0) & ~bits(at & 31, here);
      left -= here;
      at = (at + here) & this.#mask;
    }
  }

  clearAll(): void {
    this.#words.fill(0);
    this.#none = true;
  }
}

/** `count` bits from `first` on; a shift by 32 is none. */
const bits = (first: number, count: number): number => (count === WORD ? -1 : ((1 << count) - 1) << first);

/** How many bits of a word are set: those of two, four and eight bits are summed side by side. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
