const STOP_BAND_DB = 70;
const BETA = 0.1102 * (STOP_BAND_DB - 8.7);

/** Kaiser 1974: half the length of a filter, in samples, for the attenuation of all our filters and a transition width in parts of the rate. */
export const filterHalf = (width: number): number => Math.ceil((STOP_BAND_DB - 8) / (2.285 * 2 * Math.PI * width) / 2) + 1;

/** A windowed sinc (Kaiser) at a distance from its middle; the cutoff is in parts of the rate. */
export const windowedSinc = (distance: number, cutoff: number, half: number): number => sinc(2 * cutoff * distance) * kaiser(distance / half);

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const kaiser = (x: number) => (Math.abs(x) > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA));

/** The modified Bessel function of the first kind, order 0, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-9; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
