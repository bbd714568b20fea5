import { PiopiyError } from "../base/index.ts";
import type { FormatReader } from "./format-reader.ts";
import { sampleOfFloat } from "./wav-samples.ts";
import { mean, type WavAudio } from "./wav.ts";

/** Whether the bytes begin like an MP3 file: an ID3 tag, or the sync word of a frame of MPEG layer III. */
export function looksLikeMp3(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  const tagged = first === 0x49 && second === 0x44 && third === 0x33;
  // Eleven bits of sync, a version that is not reserved, and layer III (01).
  const synced = first === 0xff && (second & 0xe0) === 0xe0 && (second & 0x18) !== 0x08 && (second & 0x06) === 0x02;
  return tagged || synced;
}

/** Decodes an MP3 file. It takes the calling thread: call it in a worker. Fails with `bad_audio`. */
export async function decodeMp3(bytes: Uint8Array): Promise<WavAudio> {
  // Loaded when the first MP3 comes: it costs start-up time that most servers never need.
  const { MPEGDecoder } = await import("mpg123-decoder");
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    const decoded = decoder.decode(bytes);
    // The decoder skips over whatever it cannot read: no samples at all is the sign of garbage.
    if (decoded.samplesDecoded === 0) throw new PiopiyError("bad_audio", "The MP3 file has no frame that can be decoded.");
    const channels = decoded.channelData.map((channel) => Int16Array.from(channel, sampleOfFloat));
    return { sampleRateHz: decoded.sampleRate, channels, samples: mean(channels) };
  } finally {
    decoder.free();
  }
}

/** Reads an MP3 file that comes in pieces. */
export async function createMp3Reader(): Promise<FormatReader> {
  const { MPEGDecoder } = await import("mpg123-decoder");
  const decoder = new MPEGDecoder();
  await decoder.ready;
  let open = true;
  return {
    push(bytes) {
      const { channelData, samplesDecoded, sampleRate } = decoder.decode(bytes);
      if (samplesDecoded === 0) return { samples: new Int16Array(0) };
      return { samples: mean(channelData.map((channel) => Int16Array.from(channel, sampleOfFloat))), sampleRateHz: sampleRate };
    },
    close() {
      if (open) decoder.free();
      open = false;
    },
  };
}
