import { open } from "node:fs/promises";
import { SAMPLE_RATE_HZ, WAV_HEADER_BYTES, wavHeader } from "../audio/index.ts";

/**
 * Completes the file of a recording that a crash cut off: the header of a WAV file tells its real length then; an MP3
 * file needs nothing. Gives the length in ms, or `undefined` when there is nothing that plays.
 */
export async function recoverRecording(path: string): Promise<number | undefined> {
  try {
    const file = await open(path, "r+");
    try {
      const { size } = await file.stat();
      return path.endsWith(".wav") ? await completeWav(file, size) : mp3Ms(await beginning(file), size);
    } finally {
      await file.close();
    }
  } catch {
    // No file, or none that can be read: nothing of the recording is left.
    return undefined;
  }
}

type File = Awaited<ReturnType<typeof open>>;

async function completeWav(file: File, size: number): Promise<number | undefined> {
  const header = await beginning(file);
  if (header.length < WAV_HEADER_BYTES) return undefined;
  const count = header[22] === 2 ? 2 : 1;
  // Half a frame at the end is what the crash cut through.
  const bytes = Math.floor((size - WAV_HEADER_BYTES) / (2 * count)) * 2 * count;
  if (bytes <= 0) return undefined;
  await file.write(wavHeader({ sampleRateHz: SAMPLE_RATE_HZ, channels: count }, bytes), 0, WAV_HEADER_BYTES, 0);
  await file.truncate(WAV_HEADER_BYTES + bytes);
  await file.datasync();
  return Math.round((bytes * 1000) / (2 * count * SAMPLE_RATE_HZ));
}

async function beginning(file: File): Promise<Uint8Array> {
  const bytes = new Uint8Array(WAV_HEADER_BYTES);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  return bytes.subarray(0, bytesRead);
}

/** kbit/s of MPEG 2.5 layer III (ISO/IEC 13818-3 §2.4.2.3), by the index in a frame's header. */
const MP3_KBPS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];

/** The length of a file of frames of one bit rate: the recorder writes no others. */
function mp3Ms(header: Uint8Array, size: number): number | undefined {
  const [sync = 0, version = 0, rate = 0] = header;
  const kbps = sync === 0xff && (version & 0xe0) === 0xe0 ? (MP3_KBPS[rate >> 4] ?? 0) : 0;
  return kbps === 0 ? undefined : Math.round((size * 8) / kbps);
}
