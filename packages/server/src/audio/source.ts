/** The rate of all audio inside the server, in samples per second. Sources and sinks at other rates resample. */
export const SAMPLE_RATE_HZ = 8000;

/** Samples in one frame: 20 ms. */
export const FRAME_SAMPLES = 160;

/** The length of one frame. */
export const FRAME_MS = 20;

/**
 * Something that can be played: 8 kHz mono 16 bit PCM in chunks of any size. It is read ahead of playback, and only
 * as far as the playout queue has room. An iterator that fails ends the playback with that failure.
 */
export interface AudioSource {
  /** For logs and timelines: what kind of source this is; never its text or address. */
  readonly kind: "file" | "speech" | "tone" | "stream" | "silence";
  readonly chunks: AsyncIterable<Int16Array>;
  /** All of it at once, where it lies in memory that threads share: nothing has to be read and handed over then. */
  readonly whole?: Int16Array;
}

/**
 * What is said is being said now, at the speed of its clock: its maker has said so (`surely`), or it is usual (`likely`).
 * A delay that has grown, after a stall or because that clock is faster than ours, is made up for by leaving out a little.
 */
export type Live = "surely" | "likely";
