import { SAMPLE_RATE_HZ } from "./source.ts";
import { COLUMNS_HZ, KEYS, ROWS_HZ } from "./tone.ts";

/** Finds DTMF keys in audio (ITU-T Q.24): a stage that the audio of one party goes through. */
export interface DtmfDetector {
  /** Takes audio, silence included, in the order in which it was heard; the keys that were released in it. */
  push(samples: Int16Array): readonly DetectedKey[];
}

export interface DetectedKey {
  readonly digit: string;
  readonly durationMs: number;
}

/** 12.75 ms: long enough to part neighbouring frequencies, short enough that a key of 40 ms has room for four, overlapping. */
const BLOCK = 102;
const HOP = BLOCK / 2;
/** So many blocks after each other hold a key: 32 ms at least. Voices are rarely so steady. */
const HITS_TO_BEGIN = 4;
/** A pause of 26 ms ends a key: a packet of 20 ms that was lost does not, the pause of 40 ms between two keys does. */
const MISSES_TO_END = 6;
/** Peak of a tone, -38 dBFS: below it nobody has pressed a key. */
const QUIETEST_PEAK = 400;
const QUIETEST = (QUIETEST_PEAK ** 2 / 2) * BLOCK;
/** A tone stands 8 dB above its neighbours. */
const ABOVE_OTHERS = 6.3;
/** The upper tone may be 8 dB weaker than the lower one (lines lose high frequencies), but only 4 dB stronger. */
const WEAKER_COLUMN = 6.3;
const STRONGER_COLUMN = 2.5;
/** What the two tones have of all energy; a voice or music spreads it. */
const SHARE = 0.82;

/** What the lower tone has at least, when the upper one is as strong as it may be. */
const LEAST_SHARE = SHARE / (1 + STRONGER_COLUMN);

const coefficientOf = (frequencyHz: number): number => 2 * Math.cos((2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ);
const rows = ROWS_HZ.map(coefficientOf);
const columns = COLUMNS_HZ.map(coefficientOf);

export function createDtmfDetector(): DtmfDetector {
  const window = new Float64Array(BLOCK);
  const follow = createKeyFollower();
  let filled = 0;
  return {
    push(samples) {
      const released: DetectedKey[] = [];
      for (const sample of samples) {
        window[filled++] = sample;
        if (filled < BLOCK) continue;
        const key = follow(keyOf(window));
        if (key) released.push(key);
        window.copyWithin(0, HOP);
        filled = BLOCK - HOP;
      }
      return released;
    },
  };
}

/** Makes presses of what each block holds, and tells each when it is released. */
function createKeyFollower(): (key: string | undefined) => DetectedKey | undefined {
  let pressed: { readonly digit: string; blocks: number; misses: number } | undefined;
  let candidate: string | undefined;
  let hits = 0;
  const release = (): DetectedKey | undefined => {
    const key = pressed && { digit: pressed.digit, durationMs: Math.round(((pressed.blocks + 1) * HOP * 1000) / SAMPLE_RATE_HZ) };
    pressed = undefined;
    return key;
  };
  return (key) => {
    hits = key !== undefined && key === candidate ? hits + 1 : 1;
    candidate = key;
    if (pressed && key === pressed.digit) {
      // What was missing in between belongs to the press.
      pressed.blocks += pressed.misses + 1;
      pressed.misses = 0;
      return undefined;
    }
    const begins = key !== undefined && hits >= HITS_TO_BEGIN;
    const released = pressed && (begins || ++pressed.misses >= MISSES_TO_END) ? release() : undefined;
    if (begins) pressed = { digit: key, blocks: hits, misses: 0 };
    return released;
  };
}

function keyOf(block: Float64Array): string | undefined {
  let total = 0;
  for (const sample of block) total += sample * sample;
  if (total < 2 * QUIETEST) return undefined;
  const row = strongest(block, rows);
  // Most of what is said ends here, at half the price.
  if (!row || row.energy < Math.max(QUIETEST, total * LEAST_SHARE)) return undefined;
  const column = strongest(block, columns);
  if (!column || column.energy < QUIETEST) return undefined;
  const [low, high] = [row.energy, column.energy];
  if (low > high * WEAKER_COLUMN || high > low * STRONGER_COLUMN || low + high < total * SHARE) return undefined;
  return KEYS[row.index]?.[column.index];
}

/** The Goertzel algorithm: the energy of a block at one frequency, comparable to the sum of its squares. */
function energyOf(block: Float64Array, coefficient: number): number {
  let last = 0;
  let before = 0;
  for (const sample of block) {
    const next = sample + coefficient * last - before;
    before = last;
    last = next;
  }
  return (2 * (last * last + before * before - coefficient * last * before)) / block.length;
}

/** The tone of a group that stands above the others. */
function strongest(block: Float64Array, group: readonly number[]): { readonly index: number; readonly energy: number } | undefined {
  let index = 0;
  let energy = 0;
  let next = 0;
  for (const [at, coefficient] of group.entries()) {
    const found = energyOf(block, coefficient);
    if (found > energy) {
      next = energy;
      [index, energy] = [at, found];
    } else if (found > next) next = found;
  }
  return energy > next * ABOVE_OTHERS ? { index, energy } : undefined;
}
