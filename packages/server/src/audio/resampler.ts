/**
 * Converts a stream of samples from one rate to another. Chunks of any size go in; the output is aligned to the input
 * (the filter's delay is taken out) and is the same however the input was cut.
 */
export interface Resampler {
  push(samples: Int16Array): Int16Array;
  /** The rest, when the input has ended. The resampler cannot be used any further. */
  flush(): Int16Array;
}
