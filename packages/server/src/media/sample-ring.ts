import { Places } from "./places.ts";

/**
 * Samples at the places their timestamps give them; a place is empty until it is written, and again when it was read.
 * What comes as codes of 8 bits is kept so, and becomes samples when it is read: of most calls nobody hears the party.
 */
export class SampleRing {
  readonly capacity: number;
  /** How many places there are memory for, less one. */
  #mask: number;
  #places: Places;
  /** Behind the farthest place that was written, as 32 bits. */
  #end = 0;
  #codes: Uint8Array | undefined;
  /** What the codes stand for; undefined: what was written last came as samples. */
  #table: Int16Array | undefined;
  #samples: Int16Array | undefined;

  /** Powers of two, 32 at least: how many places there may be, and how many there are memory for before more are needed. */
  constructor(capacity: number, first = capacity) {
    this.capacity = capacity;
    this.#mask = first - 1;
    this.#places = new Places(first);
  }

  /** There is memory for `count` places from `timestamp` on, and for what is written behind them; before them nothing is. */
  reach(timestamp: number, count: number): void {
    const written = this.#places.none ? 0 : (this.#end - timestamp) | 0;
    const most = Math.min(Math.max(count, written), this.capacity);
    if (most > this.#mask + 1) this.#grow(most);
  }

  isEmptyAt(timestamp: number): boolean {
    return !this.#places.has(timestamp);
  }

  /** All of `count` places have been written. */
  isFull(timestamp: number, count: number): boolean {
    return this.#places.count(timestamp, count) === count;
  }

  /** How many of `count` places have been written. */
  count(timestamp: number, count: number): number {
    return this.#places.count(timestamp, count);
  }

  /** Copies what is there, and leaves it there; at empty places `into` keeps what it has. */
  look(timestamp: number, into: Int16Array): void {
    this.#copy(timestamp, into, false);
  }

  write(timestamp: number, samples: Int16Array): void {
    const ring = this.#asSamples();
    for (let index = 0; index < samples.length; index++) ring[(timestamp + index) & this.#mask] = samples[index] ?? 0;
    this.#fill(timestamp, samples.length);
  }

  /** Writes `count` codes, which stand in `bytes` from `offset` on; `table` says what they stand for. */
  writeCodes(timestamp: number, bytes: Uint8Array, offset: number, count: number, table: Int16Array): void {
    if (this.#places.none) this.#table = table;
    if (this.#table === table) {
      const ring = (this.#codes ??= new Uint8Array(this.#mask + 1));
      for (let index = 0; index < count; index++) ring[(timestamp + index) & this.#mask] = bytes[offset + index] ?? 0;
    } else {
      const ring = this.#asSamples();
      for (let index = 0; index < count; index++) ring[(timestamp + index) & this.#mask] = table[bytes[offset + index] ?? 0] ?? 0;
    }
    this.#fill(timestamp, count);
  }

  /** Moves `into.length` samples out; at empty places `into` keeps what it has. Returns how many samples there were. */
  take(timestamp: number, into: Int16Array): number {
    const present = this.#places.count(timestamp, into.length);
    if (present > 0) this.#copy(timestamp, into, present === into.length);
    this.#places.clear(timestamp, into.length);
    return present;
  }

  /** Empties `count` places. Returns how many samples there were. */
  drop(timestamp: number, count: number): number {
    const places = Math.min(count, this.#mask + 1);
    const present = this.#places.count(timestamp, places);
    this.#places.clear(timestamp, places);
    return present;
  }

  clear(): void {
    this.#places.clearAll();
  }

  #fill(timestamp: number, count: number): void {
    const end = (timestamp + count) | 0;
    if (this.#places.none || ((end - this.#end) | 0) > 0) this.#end = end;
    this.#places.fill(timestamp, count);
  }

  /** Makes memory for `count` places; what is written moves there. */
  #grow(count: number): void {
    const [before, places, codes, samples] = [this.#mask, this.#places, this.#codes, this.#samples];
    let size = before + 1;
    while (size < count) size *= 2;
    this.#mask = size - 1;
    this.#places = new Places(size);
    this.#codes = codes && new Uint8Array(size);
    this.#samples = samples && new Int16Array(size);
    for (let at = this.#end - before - 1; at < this.#end; at++) {
      if (!places.has(at)) continue;
      if (this.#codes) this.#codes[at & this.#mask] = codes?.[at & before] ?? 0;
      if (this.#samples) this.#samples[at & this.#mask] = samples?.[at & before] ?? 0;
      this.#places.fill(at, 1);
    }
  }

  #copy(timestamp: number, into: Int16Array, whole: boolean): void {
    const table = this.#table;
    const ring = table ? this.#codes : this.#samples;
    if (!ring) return;
    for (let index = 0; index < into.length; index++) {
      if (!whole && !this.#places.has(timestamp + index)) continue;
      const kept = ring[(timestamp + index) & this.#mask] ?? 0;
      into[index] = table ? (table[kept] ?? 0) : kept;
    }
  }

  /** What is kept as codes becomes samples. */
  #asSamples(): Int16Array {
    const samples = (this.#samples ??= new Int16Array(this.#mask + 1));
    const { length } = samples;
    if (this.#table) for (let place = 0; place < length; place++) samples[place] = this.#table[this.#codes?.[place] ?? 0] ?? 0;
    this.#table = undefined;
    return samples;
  }
}
