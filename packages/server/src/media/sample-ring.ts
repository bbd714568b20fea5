import { Places } from "./places.ts";

/**
 * Samples at the places their timestamps give them; a place is empty until it is written, and again when it was read.
 * What comes as codes of 8 bits is kept so, and becomes samples when it is read: of most calls nobody hears the party.
 */
export class SampleRing {
  readonly capacity: number;
  readonly #mask: number;
  readonly #places: Places;
  #codes: Uint8Array | undefined;
  /** What the codes stand for; undefined: what was written last came as samples. */
  #table: Int16Array | undefined;
  #samples: Int16Array | undefined;

  /** `capacity` is a power of two, 32 at least. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#mask = capacity - 1;
    this.#places = new Places(capacity);
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
    this.#places.fill(timestamp, samples.length);
  }

  /** Writes `count` codes, which stand in `bytes` from `offset` on; `table` says what they stand for. */
  writeCodes(timestamp: number, bytes: Uint8Array, offset: number, count: number, table: Int16Array): void {
    if (this.#places.none) this.#table = table;
    if (this.#table === table) {
      const ring = (this.#codes ??= new Uint8Array(this.capacity));
      for (let index = 0; index < count; index++) ring[(timestamp + index) & this.#mask] = bytes[offset + index] ?? 0;
    } else {
      const ring = this.#asSamples();
      for (let index = 0; index < count; index++) ring[(timestamp + index) & this.#mask] = table[bytes[offset + index] ?? 0] ?? 0;
    }
    this.#places.fill(timestamp, count);
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
    const places = Math.min(count, this.capacity);
    const present = this.#places.count(timestamp, places);
    this.#places.clear(timestamp, places);
    return present;
  }

  clear(): void {
    this.#places.clearAll();
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
    const samples = (this.#samples ??= new Int16Array(this.capacity));
    const { length } = samples;
    if (this.#table) for (let place = 0; place < length; place++) samples[place] = this.#table[this.#codes?.[place] ?? 0] ?? 0;
    this.#table = undefined;
    return samples;
  }
}
