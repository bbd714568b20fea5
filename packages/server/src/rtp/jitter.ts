/** How unevenly one source's packets come. */
export interface JitterMeter {
  /** A packet with this timestamp came at `arrivalMs`, on any clock that does not jump. */
  push(timestamp: number, arrivalMs: number): void;
  /** The estimate in timestamp ticks, as reports carry it. */
  readonly ticks: number;
}

const NEW_COUNT_SECONDS = 10;

/** RFC 3550 §6.4.1 and A.8: the mean deviation of the difference in spacing between sender and receiver, by sixteenths. */
export function jitterMeter(rateHz: number): JitterMeter {
  const ticksPerMs = rateHz / 1000;
  // Times 16, as in A.8, so that whole numbers keep the fractions.
  let scaled = 0;
  let transit: number | undefined;
  // No getter: an object that is made with one is slow at whatever it is asked, and this one is asked for every packet.
  const meter = {
    ticks: 0,
    push(timestamp: number, arrivalMs: number) {
      const arrived = (Math.round(arrivalMs * ticksPerMs) - timestamp) | 0;
      const deviation = transit === undefined ? 0 : Math.abs((arrived - transit) | 0);
      transit = arrived;
      // No network does that: the sender has begun a new count.
      if (deviation > NEW_COUNT_SECONDS * rateHz) return;
      scaled += deviation - ((scaled + 8) >> 4);
      meter.ticks = scaled >> 4;
    },
  };
  return meter;
}
