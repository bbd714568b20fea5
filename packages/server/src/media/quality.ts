/** What one direction of a leg was like for whoever listened. */
export interface HeardQuality {
  /** Of all packets: lost, or too late to be heard. */
  readonly lossPercent: number;
  /** Interarrival jitter (RFC 3550 §6.4.1), the mean of the reports. */
  readonly jitterMs: number;
  /** ITU-T G.107: 0 to 93.2 for narrowband. */
  readonly rFactor: number;
  /** ITU-T G.107 Annex B: 1 to 4.4. */
  readonly mos: number;
}

/** What the media of a leg were like, as far as both sides' reports tell. */
export interface LegQuality {
  /** What came from the party. */
  readonly received?: HeardQuality;
  /** What the party heard, as it reported. */
  readonly sent?: HeardQuality;
  /** RFC 3550 §6.4.1, the mean of the party's reports. */
  readonly roundTripMs?: number;
}

export interface Conditions {
  /** From mouth to ear. */
  readonly delayMs: number;
  readonly lossPercent: number;
}

/**
 * The transmission rating of ITU-T G.107, with its defaults for everything that neither network nor codec decides:
 * R = 93.2 - Id - Ie,eff. Id is the approximation of Cole and Rosenbluth (2001); Ie,eff is G.107 (7-29) for random
 * loss. G.711, with concealment (G.113 Appendix I: Ie 0, Bpl 25.1), stands for all codecs that are spoken here:
 * on the narrowband scale of an audience at 8 kHz the others are not worse, and have no published values.
 */
export function rFactorOf({ delayMs, lossPercent }: Conditions): number {
  const delay = 0.024 * delayMs + 0.11 * Math.max(0, delayMs - 177.3);
  const equipment = (95 * lossPercent) / (lossPercent + PACKET_LOSS_ROBUSTNESS);
  return Math.max(0, Math.min(100, DEFAULT_RATING - delay - equipment));
}

const DEFAULT_RATING = 93.2;
const PACKET_LOSS_ROBUSTNESS = 25.1;

/** ITU-T G.107 Annex B: the mean opinion that goes with a rating. */
export function mosOf(rFactor: number): number {
  if (rFactor <= 0) return 1;
  // Below 6.5 the curve would fall under the worst mark that can be given.
  return Math.max(1, 1 + 0.035 * rFactor + rFactor * (rFactor - 60) * (100 - rFactor) * 7e-6);
}

/** Rounded to what an estimate can say. */
export function heardQuality(conditions: Conditions, jitterMs: number): HeardQuality {
  const rFactor = rFactorOf(conditions);
  return {
    lossPercent: rounded(conditions.lossPercent, 2),
    jitterMs: rounded(jitterMs, 1),
    rFactor: rounded(rFactor, 1),
    mos: rounded(mosOf(rFactor), 2),
  };
}

export const rounded = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
