import { median } from "../statistics.ts";

/** A value and when it was read. */
export interface Reading {
  readonly atS: number;
  readonly value: number;
}

/**
 * By how many percent of its median a value has grown over the time of its readings, by the median of the slopes
 * between any two of them (Theil and Sen): what a collection of garbage or a burst makes of single readings does not
 * move it. 0 with less than two readings.
 */
export function growthPercent(readings: readonly Reading[]): number {
  const [first, ...rest] = readings;
  const last = rest.at(-1);
  if (!first || !last) return 0;
  const slopes = readings.flatMap((one, index) =>
    readings.slice(index + 1).map((other) => (other.value - one.value) / (other.atS - one.atS)));
  const level = median(readings.map(({ value }) => value));
  return (100 * median(slopes) * (last.atS - first.atS)) / Math.max(level, 1);
}

/** What is left when the beginning is: caches fill, code is compiled, the heap finds its size. */
export function settled<R extends { readonly atS: number }>(readings: readonly R[], warmUpS: number): readonly R[] {
  return readings.filter(({ atS }) => atS >= warmUpS);
}
