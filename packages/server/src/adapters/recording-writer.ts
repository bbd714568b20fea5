import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../base/index.ts";
import type { RecordingFormat } from "../interpreter/index.ts";
import type { Mp3Encoding } from "./mp3-encoding.ts";
import { mp3Writer } from "./mp3-writer.ts";
import { wavWriter, writeWavHeader } from "./wav-writer.ts";

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

export interface RecordingFile extends WriterOptions {
  readonly path: string;
  readonly format: RecordingFormat;
  readonly mp3: Mp3Encoding;
}

/** Creates the file (its folder too). Whenever the process dies, what is on disk plays. */
export async function createRecordingWriter(options: RecordingFile): Promise<RecordingWriter> {
  await mkdir(dirname(options.path), { recursive: true });
  // "x": a recording never replaces another one.
  const file = await open(options.path, "wx");
  if (options.format === "mp3") return mp3Writer(file, options.mp3, options);
  try {
    await writeWavHeader(file, options.channels);
  } catch (failure) {
    await file.close();
    throw failure;
  }
  return wavWriter(file, options);
}
