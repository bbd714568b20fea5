/** How unevenly one source's packets come. */
export interface JitterMeter {
  /** A packet with this timestamp came at `arrivalMs`, on any clock that does not jump. */
  push(timestamp: number, arrivalMs: number): void;
  /** The estimate in timestamp ticks, as reports carry it. */
  readonly ticks: number;
}

const NEW_COUNT_SECONDS = 10;

/** RFC 3550 §6.4.1 and A.8: the mean deviation of the difference in spacing between sender and receiver, by sixteenths. */
export const jitterMeter = (rateHz: number): JitterMeter => new Meter(rateHz);

class Meter implements JitterMeter {
  ticks = 0;
  readonly #rateHz: number;
  /** Times 16, as in A.8, so that whole numbers keep the fractions. */
  #scaled = 0;
  #transit: number | undefined;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  push(timestamp: number, arrivalMs: number): void {
    const arrived = (Math.round((arrivalMs * this.#rateHz) / 1000) - timestamp) | 0;
    const deviation = this.#transit === undefined ? 0 : Math.abs((arrived - this.#transit) | 0);
    this.#transit = arrived;
    // No network does that: the sender has begun a new count.
    if (deviation > NEW_COUNT_SECONDS * this.#rateHz) return;
    this.#scaled += deviation - ((this.#scaled + 8) >> 4);
    this.ticks = this.#scaled >> 4;
  }
}
