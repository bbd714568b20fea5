import { median } from "../statistics.ts";

/** How long something took from the bot to the party. */
export interface Delay {
  /** When the bot sent it. */
  readonly atMs: number;
  readonly delayMs: number;
}

/** The delay of a stream over its life, in ms. */
export interface Course {
  readonly startMs: number;
  readonly worstMs: number;
  readonly endMs: number;
}

/** What is taken together for the start and for the end. */
const SPAN_MS = 10_000;

/** The start is without the first second, in which a playback begins. */
export function course(delays: readonly Delay[]): Course {
  const begunMs = (delays[0]?.atMs ?? 0) + 1000;
  const overMs = delays.at(-1)?.atMs ?? 0;
  const of = (chosen: readonly Delay[]) => median(chosen.map(({ delayMs }) => delayMs));
  const settled = delays.filter(({ atMs }) => atMs >= begunMs);
  return {
    startMs: of(settled.filter(({ atMs }) => atMs < begunMs + SPAN_MS)),
    worstMs: settled.reduce((worst, { delayMs }) => Math.max(worst, delayMs), 0),
    endMs: of(settled.filter(({ atMs }) => atMs > overMs - SPAN_MS)),
  };
}

/** Every sound is that which was sent last before it; two for one sending are one. */
export function delaysOf(sentMs: readonly number[], heardMs: readonly number[]): readonly Delay[] {
  const delays = new Map<number, Delay>();
  for (const heard of heardMs) {
    const atMs = sentMs.findLast((sent) => sent <= heard);
    if (atMs !== undefined && !delays.has(atMs)) delays.set(atMs, { atMs, delayMs: heard - atMs });
  }
  return [...delays.values()];
}
