import { figure, median, type Figure } from "../statistics.ts";
import type { Delay } from "./drift-figures.ts";
import { FRAME_MS, virtualFeed } from "./virtual-feed.ts";

const DURATION_MS = 31_000;
const HELD_MS = 200;
/** When the bot begins, after the media plane's own clock. */
const BEGINNINGS = [1, 7, 14];
const PLACES = [["at its beginning", 300], ["later", 10_000]] as const;
const AFTER_MS = [5000, 20_000];

/** A bot whose audio is held back for a moment, as by a network or a busy machine: how much of that is still heard later. */
export async function stall(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [place, fromMs] of PLACES) {
    const runs: (readonly Delay[])[] = [];
    for (const beginMs of BEGINNINGS) runs.push(await stalled(beginMs, fromMs));
    for (const afterMs of AFTER_MS) {
      const what = `Held back ${HELD_MS} ms ${place}: delay after ${afterMs / 1000} s`;
      figures.push(figure(what, "ms", runs.map((delays) => delayAt(delays, fromMs + afterMs))));
    }
  }
  return figures;
}

function stalled(beginMs: number, fromMs: number): Promise<readonly Delay[]> {
  const madeMs = (frame: number) => beginMs + frame * FRAME_MS;
  const comesMs = (frame: number) => (madeMs(frame) >= fromMs && madeMs(frame) < fromMs + HELD_MS ? fromMs + HELD_MS : madeMs(frame));
  return virtualFeed({ madeMs, comesMs, durationMs: DURATION_MS });
}

/** The median of the second around it. */
const delayAt = (delays: readonly Delay[], ms: number): number =>
  median(delays.filter(({ atMs }) => Math.abs(atMs - ms) <= 1000).map(({ delayMs }) => delayMs));
