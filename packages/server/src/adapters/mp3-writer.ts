import { SAMPLE_RATE_HZ } from "../audio/index.ts";
import type { Mp3Encoding } from "./mp3-encoding.ts";
import type { RecordingWriter, WriterOptions, Written } from "./recording-writer.ts";
import { WriteBehind, type OpenFile } from "./write-behind.ts";

/** Writes MP3 frames behind into an empty file: frames play by themselves, so that any beginning of the file is one. */
export function mp3Writer(file: OpenFile, mp3: Mp3Encoding, { channels, clock, onFailed }: WriterOptions): RecordingWriter {
  let failed = false;
  const fail = (failure: unknown) => {
    if (failed) return;
    failed = true;
    onFailed(failure);
  };
  const behind = new WriteBehind(file, { clock, from: 0, onFailed: fail });
  const encoder = mp3.start(channels, { onBytes: (bytes) => behind.push(bytes), onFailed: fail });
  let givenSamples = 0;
  let takenSamples = 0;
  let closing: Promise<Written> | undefined;
  const durationOf = (samples: number) => (samples * 1000) / (channels * SAMPLE_RATE_HZ);
  const finish = async (): Promise<Written> => {
    await encoder.end();
    const bytes = await behind.close();
    return { durationMs: durationOf(takenSamples), bytes, droppedMs: durationOf(givenSamples - takenSamples) };
  };
  return {
    write(samples) {
      givenSamples += samples.length;
      if (!closing && !failed && encoder.push(samples)) takenSamples += samples.length;
    },
    close: () => (closing ??= finish()),
  };
}
