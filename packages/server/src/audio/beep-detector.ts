import { audible, tonePower } from "./goertzel.ts";
import { FRAME_MS, SAMPLE_RATE_HZ } from "./source.ts";

/** What the last 20 ms were to a tone of one frequency. */
export interface Beep {
  /** They are part of what may be one. */
  readonly within: boolean;
  /** One has ended just before. */
  readonly ended: boolean;
}

const LOWEST_HZ = 400;
const HIGHEST_HZ = 2200;
/** A vowel may sound like a tone, but not for so long. */
const SHORTEST_MS = 160;
/** What lasts longer is a dial tone. */
const LONGEST_MS = 2500;
/** So far apart two frames are still the same tone. */
const SAME_TONE = 0.02;
/** Of the energy, in the one frequency. */
const PURE = 0.8;

/** Finds the tone after which an answering machine records: one frequency, alone, for a while. */
export function createBeepDetector(): { push(frame: Int16Array): Beep } {
  let toneHz = 0;
  let lastedMs = 0;
  return {
    push(frame) {
      const nowHz = pureTone(frame);
      const goesOn = nowHz !== undefined && lastedMs > 0 && Math.abs(nowHz - toneHz) <= SAME_TONE * toneHz;
      const ended = !goesOn && lastedMs >= SHORTEST_MS && lastedMs <= LONGEST_MS;
      if (!goesOn) {
        lastedMs = 0;
        toneHz = nowHz ?? 0;
      }
      if (nowHz !== undefined) lastedMs += FRAME_MS;
      return { within: nowHz !== undefined, ended };
    },
  };
}

/** The frequency of a frame that is one tone alone: by its zeros, and proved by the energy that lies there. */
function pureTone(frame: Int16Array): number | undefined {
  if (!audible(frame)) return undefined;
  let first = -1;
  let last = -1;
  let cycles = -1;
  for (let index = 1; index < frame.length; index++) {
    const before = frame[index - 1] ?? 0;
    const sample = frame[index] ?? 0;
    if (before >= 0 || sample < 0) continue;
    last = index - sample / (sample - before);
    if (first < 0) first = last;
    cycles += 1;
  }
  const frequencyHz = cycles > 0 ? (cycles * SAMPLE_RATE_HZ) / (last - first) : 0;
  if (frequencyHz < LOWEST_HZ || frequencyHz > HIGHEST_HZ) return undefined;
  return tonePower(frame, frequencyHz) >= PURE ? frequencyHz : undefined;
}
