import { FRAME_SAMPLES } from "../audio/index.ts";

/** What is left out is at least 5 ms: one wave of any voice has room in a frame, and less is not worth a join. */
export const LEAST_CUT = 40;
/** What is before the cut fades into what is behind it: 10 ms. */
const BLEND = 80;
/** Below this nobody hears a join: about 54 dB under the loudest there is. */
const QUIET_PEAK = 64;
/** Waves so much alike (1: the same) are joined without being heard. */
const ALIKE = 0.95;
/** Of joins that are about as good the longest is taken. */
const AS_GOOD = 0.02;

/** How a frame may be reached earlier. */
export interface Cut {
  /** Samples left out. */
  readonly samples: number;
  /** Whether somebody could hear it: nothing there is quiet, or repeats itself. */
  readonly audible: boolean;
}

export function isQuiet(samples: Int16Array): boolean {
  for (const sample of samples) if (sample > QUIET_PEAK || sample < -QUIET_PEAK) return false;
  return true;
}

/** Where to go on when up to `most` samples (from LEAST_CUT to a frame) shall be left out of `samples`, a frame and `most` more. */
export function bestCut(samples: Int16Array, most: number): Cut {
  if (isQuiet(samples)) return { samples: most, audible: false };
  let best = most;
  let bestScore = -1;
  for (let lag = most; lag >= LEAST_CUT; lag--) {
    const score = likeness(samples, lag);
    if (score <= bestScore + AS_GOOD) continue;
    best = lag;
    bestScore = score;
  }
  // The neighbours of what was taken for its length may fit better.
  for (const lag of [best - 1, best - 2]) {
    const score = lag < LEAST_CUT ? -1 : likeness(samples, lag);
    if (score <= bestScore) continue;
    best = lag;
    bestScore = score;
  }
  return { samples: best, audible: bestScore < ALIKE };
}

/** Writes the frame that begins like `samples` and goes on `cut` samples behind. */
export function joinOver(samples: Int16Array, cut: number, into: Int16Array): void {
  for (let at = 0; at < FRAME_SAMPLES; at++) {
    const share = at < BLEND ? (at + 1) / (BLEND + 1) : 1;
    into[at] = (samples[at] ?? 0) * (1 - share) + (samples[at + cut] ?? 0) * share;
  }
}

/** Correlation of what is faded out with what is faded in: -1 to 1. */
function likeness(samples: Int16Array, lag: number): number {
  let product = 0;
  let energy = 1;
  let energyBehind = 1;
  for (let at = 0; at < BLEND; at++) {
    const here = samples[at] ?? 0;
    const behind = samples[at + lag] ?? 0;
    product += here * behind;
    energy += here * here;
    energyBehind += behind * behind;
  }
  return product / Math.sqrt(energy * energyBehind);
}
