/**
 * ITU-T G.722 at 64 kbit/s for audio of 8 kHz. The codec halves 16 kHz into two sub-bands of 8 kHz each and codes them
 * apart: six bits for the lower one, two for the higher one. Our audio is the lower sub-band, so it is coded and decoded
 * as such: without the filter bank, its delay, and a change of the rate. The higher sub-band is sent as silence, and not
 * looked at when it comes.
 *
 *    0   1   2   3   4   5   6   7
 *  +---+---+---+---+---+---+---+---+
 *  | higher|      lower            |
 *  +---+---+---+---+---+---+---+---+
 *
 * Deviation: what a wideband peer says between 4 and 4.6 kHz is heard mirrored below 4 kHz, as far as its filter bank
 * lets it through.
 */

/** The code of a higher sub-band that stays at its least step: it adds nothing to what the peer hears. */
const HIGHER_SILENCE = 0xc0;

/** G.722 table 14 (Q6): the decision levels of the lower sub-band's quantizer, in parts of the step. */
const LEVELS = [
  35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
  786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
const HIGHEST_LEVEL = 2919;
/** The interval, 1 to 30, of everything up to the highest level, and of what is above it. */
const intervals = Uint8Array.from({ length: HIGHEST_LEVEL + 2 }, (_, parts) => 1 + LEVELS.filter((level) => level < parts).length);

/** G.722 table 14: what an interval of 30 (six bits) and of 8 (the upper four of them) stands for, times eight. */
const FINE = [17, 54, 91, 130, 170, 211, 254, 300, 347, 396, 447, 501, 558, 618, 682, 750, 822, 899, 982, 1072, 1170, 1279, 1399, 1535, 1689, 1873, 2088, 2376, 2738, 3101];
const COARSE = [0, 150, 323, 530, 786, 1121, 1612, 2557];

/** G.722 table 15 (WL): how the logarithm of the step changes with the interval. */
const GROWTH = [-60, -30, 58, 172, 334, 538, 1198, 3042];

/** G.722 table 16 (ILB): powers of two in steps of 1/32, times 2048. */
const POWERS = Int32Array.of(
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
  2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
);

/** The six bit code of an interval (1 to 30): ones first for what is negative and small, so that no code is all zeros. */
const positiveCode = (interval: number): number => 62 - interval;
const negativeCode = (interval: number): number => (interval < 3 ? 64 - interval : 34 - interval);

/** By the six bit code; the four codes that no encoder sends are read as the smallest negative step. */
const fineValues = new Int32Array(64).fill(-8 * 17);
for (const [index, value] of FINE.entries()) {
  fineValues[positiveCode(index + 1)] = 8 * value;
  fineValues[negativeCode(index + 1)] = -8 * value;
}

/** By the upper four bits of it: the interval of 8 from 7 down to 1, negative first, and 0 at both ends. */
const coarseInterval = (code: number): number => (code === 0 || code === 15 ? 0 : code < 8 ? 8 - code : 15 - code);
const coarseValues = Int32Array.from({ length: 16 }, (_, code) => 8 * (COARSE[coarseInterval(code)] ?? 0) * (code < 8 ? -1 : 1));
const growths = Int32Array.from({ length: 16 }, (_, code) => GROWTH[coarseInterval(code)] ?? 0);

const LARGEST_LOGARITHM = 18_432;
const LEAST_STEP = 32;
const ZEROS = 6;

const within = (value: number, limit: number): number => (value > limit ? limit : value < -limit ? -limit : value);
const word = (value: number): number => (value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value);

/** What encoder and decoder know alike, from the codes alone: the step of the quantizer, and what comes next. */
class LowerBand {
  step = LEAST_STEP;
  /** The prediction of the next sample. */
  estimate = 0;
  #logarithm = 0;
  /** The part of the prediction that comes from the differences. */
  #fromZeros = 0;
  #lastSample = 0;
  /** The signs of the last two partial reconstructions: 0 or -1. */
  #sign1 = 0;
  #sign2 = 0;
  #pole1 = 0;
  #pole2 = 0;
  readonly #zeros = new Int32Array(ZEROS);
  readonly #differences = new Int32Array(ZEROS);

  /** Goes on by one sample, whose code had these upper four bits (blocks 3L and 4L of the recommendation). */
  adapt(code: number): void {
    const difference = (this.step * (coarseValues[code] ?? 0)) >> 15;
    this.#scale(growths[code] ?? 0);
    const sample = word(this.estimate + difference);
    const sign = word(this.#fromZeros + difference) >> 31;
    this.#movePoles(sign);
    this.#fromZeros = this.#moveZeros(difference);
    const fromPoles = ((word(2 * sample) * this.#pole1) >> 15) + ((word(2 * this.#lastSample) * this.#pole2) >> 15);
    this.#lastSample = sample;
    this.estimate = word(word(fromPoles) + this.#fromZeros);
  }

  /** LOGSCL and SCALEL: the step follows the loudness on a scale of logarithms, which leaks so that errors are forgotten. */
  #scale(growth: number): void {
    const logarithm = ((this.#logarithm * 127) >> 7) + growth;
    this.#logarithm = logarithm < 0 ? 0 : logarithm > LARGEST_LOGARITHM ? LARGEST_LOGARITHM : logarithm;
    const power = POWERS[(this.#logarithm >> 6) & 31] ?? 0;
    const down = 8 - (this.#logarithm >> 11);
    this.step = (down < 0 ? power << -down : power >> down) << 2;
  }

  /** UPPOL2 and UPPOL1: the two poles, kept where the filter is stable. */
  #movePoles(sign: number): void {
    const turned = word(this.#pole1 * 4);
    const first = sign === this.#sign1 ? Math.min(-turned, 32_767) : turned;
    this.#pole2 = within((first >> 7) + (sign === this.#sign2 ? 128 : -128) + ((this.#pole2 * 32_512) >> 15), 12_288);
    this.#pole1 = within((sign === this.#sign1 ? 192 : -192) + ((this.#pole1 * 32_640) >> 15), 15_360 - this.#pole2);
    this.#sign2 = this.#sign1;
    this.#sign1 = sign;
  }

  /** UPZERO and FILTEZ: the six zeros. */
  #moveZeros(difference: number): number {
    const zeros = this.#zeros;
    const differences = this.#differences;
    const sign = difference >> 31;
    const move = difference === 0 ? 0 : 128;
    let sum = 0;
    for (let index = ZEROS - 1; index >= 0; index--) {
      const past = differences[index] ?? 0;
      const zero = (((zeros[index] ?? 0) * 32_640) >> 15) + (past >> 31 === sign ? move : -move);
      zeros[index] = zero;
      const next = index > 0 ? (differences[index - 1] ?? 0) : difference;
      differences[index] = next;
      sum += (zero * word(2 * next)) >> 15;
    }
    return word(sum);
  }
}

export interface G722Encoder {
  /** Writes one octet for each sample into `target` from `offset` on; returns how many they are. */
  readonly encode: (samples: Int16Array, target: Uint8Array, offset: number) => number;
}

export interface G722Decoder {
  /** Writes one sample for each octet into `target`; returns how many they are. */
  readonly decode: (codes: Uint8Array, target: Int16Array) => number;
}

export function createG722Encoder(): G722Encoder {
  const band = new LowerBand();
  return {
    encode(samples, target, offset) {
      for (let index = 0; index < samples.length; index++) {
        // The sub-band's samples have 15 bits.
        const difference = word(((samples[index] ?? 0) >> 1) - band.estimate);
        const interval = intervalOf(difference < 0 ? ~difference : difference, band.step);
        const code = difference < 0 ? negativeCode(interval) : positiveCode(interval);
        band.adapt(code >> 2);
        target[offset + index] = HIGHER_SILENCE | code;
      }
      return samples.length;
    },
  };
}

/** QUANTL: the first interval whose upper level, `(level * step) >> 12`, is above the magnitude. */
function intervalOf(magnitude: number, step: number): number {
  const parts = Math.ceil(((magnitude + 1) * 4096) / step);
  return intervals[parts > HIGHEST_LEVEL ? HIGHEST_LEVEL + 1 : parts] ?? 0;
}

export function createG722Decoder(): G722Decoder {
  const band = new LowerBand();
  return {
    decode(codes, target) {
      for (let index = 0; index < codes.length; index++) {
        const code = (codes[index] ?? 0) & 0x3f;
        const sample = band.estimate + ((band.step * (fineValues[code] ?? 0)) >> 15);
        target[index] = 2 * (sample > 16_383 ? 16_383 : sample < -16_384 ? -16_384 : sample);
        band.adapt(code >> 2);
      }
      return codes.length;
    },
  };
}
