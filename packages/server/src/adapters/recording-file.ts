import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { RecordingFormat } from "../interpreter/index.ts";
import type { Mp3Encoding } from "./mp3-encoding.ts";
import { mp3Writer } from "./mp3-writer.ts";
import type { RecordingWriter, WriterOptions } from "./recording-writer.ts";
import { wavWriter, writeWavHeader } from "./wav-writer.ts";

export interface RecordingFile extends WriterOptions {
  readonly path: string;
  readonly format: RecordingFormat;
  readonly mp3: Mp3Encoding;
}

/** Creates the file (its folder too). Whenever the process dies, what is on disk plays. */
export async function createRecordingFile(options: RecordingFile): Promise<RecordingWriter> {
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
