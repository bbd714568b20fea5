/** Whose samples a record holds: a number for what they are, and two to find who is to have them. */
export interface RecordReader {
  (kind: number, owner: number, detail: number, samples: Int16Array, more: Int16Array): void;
}

/** A record begins with four words of 32 bits: kind, owner, detail, and how many samples follow. */
const HEAD_WORDS = 4;
const HEAD_SAMPLES = HEAD_WORDS * 2;
const FIRST_SAMPLES = 1 << 14;
/** A buffer that one large portion has made longer than this is not kept. */
const KEPT_SAMPLES = 1 << 17;
const nothing = new Int16Array(0);

/**
 * Packs samples of many sessions one behind the other, so that they cross to another thread in one buffer instead of
 * one for each: handing a buffer over costs more than its samples.
 */
export class SamplePacker {
  #samples = new Int16Array(FIRST_SAMPLES);
  #words = new Int32Array(this.#samples.buffer);
  #at = 0;

  /** Where the next record will begin: the end of what is packed so far. */
  get end(): number {
    return this.#at;
  }

  /** Copies `samples`, and behind them `more`, which is equally long or left out. */
  add(kind: number, owner: number, detail: number, samples: Int16Array, more: Int16Array = nothing): void {
    const from = this.#at + HEAD_SAMPLES;
    // Every record begins at a whole word.
    const end = from + ((samples.length + more.length + 1) & ~1);
    if (end > this.#samples.length) this.#grow(end);
    const words = this.#words;
    const word = this.#at >> 1;
    words[word] = kind;
    words[word + 1] = owner;
    words[word + 2] = detail;
    // The sign tells whether there are two of them.
    words[word + 3] = more.length > 0 ? -samples.length : samples.length;
    this.#samples.set(samples, from);
    if (more.length > 0) this.#samples.set(more, from + samples.length);
    this.#at = end;
  }

  /** What was packed, in a buffer that can be handed over; undefined: nothing was. It begins anew. */
  take(): ArrayBuffer | undefined {
    if (this.#at === 0) return undefined;
    const packed = this.#samples.buffer.slice(0, this.#at * 2);
    this.#at = 0;
    if (this.#samples.length > KEPT_SAMPLES) this.#replace(new Int16Array(FIRST_SAMPLES));
    return packed;
  }

  #grow(end: number): void {
    const larger = new Int16Array(Math.max(end + (end & 1), this.#samples.length * 2));
    larger.set(this.#samples.subarray(0, this.#at));
    this.#replace(larger);
  }

  #replace(samples: Int16Array<ArrayBuffer>): void {
    this.#samples = samples;
    this.#words = new Int32Array(samples.buffer);
  }
}

/** Reads the records between two places of a packed buffer. The samples are views of it. */
export function readPacked(packed: ArrayBuffer, from: number, to: number, read: RecordReader): void {
  const words = new Int32Array(packed);
  for (let at = from; at < to; ) {
    const word = at >> 1;
    const said = words[word + 3] ?? 0;
    const count = Math.abs(said);
    const first = at + HEAD_SAMPLES;
    const samples = new Int16Array(packed, first * 2, count);
    const more = said < 0 ? new Int16Array(packed, (first + count) * 2, count) : nothing;
    at = first + (((said < 0 ? 2 : 1) * count + 1) & ~1);
    read(words[word] ?? 0, words[word + 1] ?? 0, words[word + 2] ?? 0, samples, more);
  }
}
