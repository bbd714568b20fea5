import type { Clock } from "../base/index.ts";

/** A recording's file that grows: samples are taken at once and written behind, in order. */
export interface RecordingWriter {
  /** Takes samples (two channels: interleaved). What comes after a failure, or too fast for the disk, is counted as dropped. */
  write(samples: Int16Array): void;
  /** Writes what is left and closes the file. Never rejects: a failure was told by `onFailed`. Idempotent. */
  close(): Promise<Written>;
}

export interface Written {
  /** What is in the file. */
  readonly durationMs: number;
  readonly bytes: number;
  /** Audio that was lost because the disk failed or lagged behind. */
  readonly droppedMs: number;
}

export interface WriterOptions {
  readonly channels: 1 | 2;
  readonly clock: Clock;
  /** The disk (or the encoder) failed; told once. From then on nothing is written any more. */
  readonly onFailed: (failure: unknown) => void;
}
