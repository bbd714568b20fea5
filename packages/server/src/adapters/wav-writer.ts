import { pcmBytes, SAMPLE_RATE_HZ, WAV_HEADER_BYTES, wavHeader } from "../audio/index.ts";
import type { RecordingWriter, WriterOptions } from "./recording-writer.ts";
import { WriteBehind, writeAll, type OpenFile } from "./write-behind.ts";

/** A header that lets the file be played even while it is written. */
export const writeWavHeader = (file: OpenFile, channels: 1 | 2): Promise<void> =>
  writeAll(file, wavHeader({ sampleRateHz: SAMPLE_RATE_HZ, channels }), 0);

/** Writes 16 bit PCM behind into a file that holds a header already. */
export function wavWriter(file: OpenFile, { channels, clock, onFailed }: WriterOptions): RecordingWriter {
  const behind = new WriteBehind(file, {
    clock, onFailed, from: WAV_HEADER_BYTES,
    header: (writtenBytes) => wavHeader({ sampleRateHz: SAMPLE_RATE_HZ, channels }, writtenBytes),
  });
  let givenBytes = 0;
  const durationOf = (bytes: number) => (bytes * 1000) / (2 * channels * SAMPLE_RATE_HZ);
  return {
    write(samples) {
      const bytes = pcmBytes(samples);
      givenBytes += bytes.length;
      behind.push(bytes);
    },
    async close() {
      const writtenBytes = await behind.close();
      return { durationMs: durationOf(writtenBytes), bytes: WAV_HEADER_BYTES + writtenBytes, droppedMs: durationOf(givenBytes - writtenBytes) };
    },
  };
}
