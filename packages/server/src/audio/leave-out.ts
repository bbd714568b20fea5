/** The join: one piece fades into the other over 10 ms. */
const JOIN = 80;
/** Pitch periods of voices, 50 to 400 Hz. */
const SHORTEST = 20;
const LONGEST = 160;
/** Below this mean level (-50 dB) nothing is heard of a join. */
const QUIET = 100;
/** From this likeness on a join is not heard. */
const ALIKE = 0.8;

/** The longest piece that is left out at once. */
export const LONGEST_PIECE = LONGEST;

/**
 * Fills `into` from `input`, which is `LONGEST_PIECE` samples longer, with a piece left out that is as long as the best
 * period found, and at most `most`. The ends are joined by overlap-add (as in WSOLA, Verhelst and Roelands 1993), so
 * that it does not click. Returns the length of the piece: 0 when none can be left out unheard, unless it is `urgent`.
 */
export function leaveOut(input: Int16Array, into: Int16Array, most: number, urgent: boolean): number {
  const limit = Math.min(LONGEST, Math.max(SHORTEST, most));
  const piece = isQuiet(input) ? limit : bestPeriod(input, limit, urgent);
  for (let index = 0; index < into.length; index++) {
    const later = input[index + piece] ?? 0;
    if (index >= JOIN) into[index] = later;
    else {
      const now = input[index] ?? 0;
      into[index] = now + Math.round(((later - now) * index) / JOIN);
    }
  }
  return piece;
}

function isQuiet(input: Int16Array): boolean {
  let sum = 0;
  for (const sample of input) sum += Math.abs(sample);
  return sum < QUIET * input.length;
}

/** The shift at which the signal is most like itself; 0: it is not like itself enough. */
function bestPeriod(input: Int16Array, limit: number, urgent: boolean): number {
  let best = 0;
  let bestLikeness = urgent ? -2 : ALIKE;
  for (let period = SHORTEST; period <= limit; period++) {
    const likeness = likenessAt(input, period);
    if (likeness <= bestLikeness) continue;
    best = period;
    bestLikeness = likeness;
  }
  return best;
}

/** The normalised cross-correlation of the two sides of the join, of every other sample: -1 to 1. */
function likenessAt(input: Int16Array, period: number): number {
  let [product, one, other] = [0, 1, 1];
  for (let index = 0; index < JOIN; index += 2) {
    const a = input[index] ?? 0;
    const b = input[index + period] ?? 0;
    product += a * b;
    one += a * a;
    other += b * b;
  }
  return product / Math.sqrt(one * other);
}
