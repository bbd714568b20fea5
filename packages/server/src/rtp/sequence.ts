/** How far `a` is after `b` on the circle of 16-bit sequence numbers: -32768 to 32767. */
export const sequenceDistance = (a: number, b: number): number => ((a - b) << 16) >> 16;

/** How far `a` is after `b` on the circle of 32-bit timestamps: -2^31 to 2^31 - 1. */
export const timestampDistance = (a: number, b: number): number => (a - b) | 0;

/** What a sequence number means for the stream: only `next` and `reordered` packets carry something new. */
export type SequenceVerdict = "probation" | "next" | "reordered" | "duplicate" | "too_old" | "jumped";

/** Keeps the count of one source's sequence numbers. */
export interface SequenceTracker {
  push(sequence: number): SequenceVerdict;
  /** Sequence number with the count of its wraps: cycles × 65536 + sequence. */
  readonly highest: number;
  /** Different packets that came. */
  readonly received: number;
  /** Numbers missing between the first packet and the highest one. */
  readonly lost: number;
}

// RFC 3550 A.1 calls them MAX_DROPOUT and MAX_MISORDER.
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** Of so many numbers up to the highest it is known whether they came: a bit for each. */
const WINDOW = 128;
const WORD = 32;

/**
 * RFC 3550 A.1: a source is on probation until `probation` packets came in sequence (1 takes the first at once), and a
 * great jump is followed only when the packet after it confirms it. Beyond the RFC's algorithm it knows duplicates
 * apart from reordered packets, so that `lost` never falls below zero.
 */
export const sequenceTracker = (probation = 2): SequenceTracker => new Tracker(probation);

/** A class and no functions around variables: each session has one, and it is asked for every packet. */
class Tracker implements SequenceTracker {
  highest = -1;
  received = 0;
  lost = 0;
  readonly #probation: number;
  readonly #seen = new Int32Array(WINDOW / WORD);
  /** Of the run of numbers at hand: the first one, and how many came. */
  #base = 0;
  #came = 0;
  #waiting: number;
  #expected = -1;
  #lostBefore = 0;

  constructor(probation: number) {
    this.#probation = this.#waiting = probation;
  }

  push(sequence: number): SequenceVerdict {
    if (this.#waiting > 0) return this.#onProbation(sequence);
    const distance = sequenceDistance(sequence, this.highest & 0xffff);
    if (distance >= MAX_DROPOUT || distance < -MAX_MISORDER) {
      if (sequence !== this.#expected) {
        this.#expected = (sequence + 1) & 0xffff;
        return "jumped";
      }
      this.#begin(sequence);
      return "next";
    }
    const extended = this.highest + distance;
    if (distance > 0) this.#advance(distance);
    else if (this.#has(extended)) return "duplicate";
    else if (extended < this.#base) return "too_old";
    this.#mark(extended);
    return distance > 0 ? "next" : "reordered";
  }

  #onProbation(sequence: number): SequenceVerdict {
    this.#waiting = sequence === this.#expected || this.#expected === -1 ? this.#waiting - 1 : this.#probation - 1;
    this.#expected = (sequence + 1) & 0xffff;
    if (this.#waiting > 0) return "probation";
    this.#begin(sequence);
    return "next";
  }

  #begin(sequence: number): void {
    this.#lostBefore = this.lost;
    // One cycle ahead, so that a packet that was overtaken by the first one has a number above zero.
    this.#base = this.highest = sequence + 65_536;
    this.#came = 0;
    this.#seen.fill(0);
    this.#expected = -1;
    this.#mark(this.#base);
  }

  /** The numbers up to the new highest one have not come. */
  #advance(distance: number): void {
    this.highest += distance;
    for (let skipped = Math.min(distance, WINDOW); skipped > 0; skipped--) {
      const number = this.highest - skipped + 1;
      this.#seen[wordOf(number)] = (this.#seen[wordOf(number)] ?? 0) & ~bitOf(number);
    }
  }

  #has(extended: number): boolean {
    return ((this.#seen[wordOf(extended)] ?? 0) & bitOf(extended)) !== 0;
  }

  #mark(extended: number): void {
    const word = wordOf(extended);
    this.#seen[word] = (this.#seen[word] ?? 0) | bitOf(extended);
    this.#came += 1;
    this.received += 1;
    this.lost = this.#lostBefore + this.highest - this.#base + 1 - this.#came;
  }
}

const wordOf = (extended: number): number => (extended % WINDOW) >> 5;
const bitOf = (extended: number): number => 1 << (extended & (WORD - 1));
