/** The gaps between packets of many streams, in steps of half a millisecond. */
export interface Gaps {
  add(gapMs: number): void;
  /** The gap that `share` (0.99) of all do not exceed; 0 without any. */
  quantileMs(share: number): number;
  readonly count: number;
  clear(): void;
}

const STEPS_PER_MS = 2;
const LONGEST_MS = 1000;

export function createGaps(): Gaps {
  const counts = new Uint32Array(LONGEST_MS * STEPS_PER_MS + 1);
  let count = 0;
  return {
    add(gapMs) {
      const step = Math.min(counts.length - 1, Math.max(0, Math.ceil(gapMs * STEPS_PER_MS)));
      counts[step] = (counts[step] ?? 0) + 1;
      count += 1;
    },
    quantileMs(share) {
      let left = Math.ceil(count * share);
      if (left === 0) return 0;
      const step = counts.findIndex((of) => (left -= of) <= 0);
      return step / STEPS_PER_MS;
    },
    get count() {
      return count;
    },
    clear() {
      counts.fill(0);
      count = 0;
    },
  };
}
