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
const WINDOW = 128;

interface Run {
  base: number;
  highest: number;
  received: number;
}

/**
 * RFC 3550 A.1: a source is on probation until `probation` packets came in sequence (1 takes the first at once), and a
 * great jump is followed only when the packet after it confirms it. Beyond the RFC's algorithm it knows duplicates
 * apart from reordered packets, so that `lost` never falls below zero.
 */
export function sequenceTracker(probation = 2): SequenceTracker {
  // 32 bits of each number are enough: what has the same ones is 4294967296 packets away.
  const seen = new Int32Array(WINDOW).fill(-1);
  const run: Run = { base: 0, highest: -1, received: 0 };
  // An object that is made with getters is slow at whatever it is asked, and this one is asked for every packet.
  const counts = { highest: -1, received: 0, lost: 0 };
  let waiting = probation;
  let expected = -1;
  let lostBefore = 0;
  let receivedBefore = 0;

  const count = () => {
    counts.highest = run.highest;
    counts.received = receivedBefore + run.received;
    counts.lost = lostBefore + run.highest - run.base + 1 - run.received;
  };

  const begin = (sequence: number) => {
    lostBefore += run.received === 0 ? 0 : run.highest - run.base + 1 - run.received;
    receivedBefore += run.received;
    // One cycle ahead, so that a packet that was overtaken by the first one has a number above zero.
    run.base = run.highest = sequence + 65_536;
    run.received = 1;
    seen.fill(-1);
    seen[run.base % WINDOW] = run.base;
    expected = -1;
    count();
  };

  const onProbation = (sequence: number): SequenceVerdict => {
    waiting = sequence === expected || expected === -1 ? waiting - 1 : probation - 1;
    expected = (sequence + 1) & 0xffff;
    if (waiting > 0) return "probation";
    begin(sequence);
    return "next";
  };

  const push = (sequence: number): SequenceVerdict => {
    if (waiting > 0) return onProbation(sequence);
    const distance = sequenceDistance(sequence, run.highest & 0xffff);
    if (distance >= MAX_DROPOUT || distance < -MAX_MISORDER) {
      if (sequence !== expected) {
        expected = (sequence + 1) & 0xffff;
        return "jumped";
      }
      begin(sequence);
      return "next";
    }
    const extended = run.highest + distance;
    if (seen[extended % WINDOW] === (extended | 0)) return "duplicate";
    if (distance <= 0 && extended < run.base) return "too_old";
    seen[extended % WINDOW] = extended;
    run.received += 1;
    if (distance > 0) run.highest = extended;
    count();
    return distance > 0 ? "next" : "reordered";
  };

  return Object.assign(counts, { push });
}
