import { PiopiyError } from "../base/index.ts";
import { samplesOfFloats } from "./float-samples.ts";
import type { FormatReader } from "./format-reader.ts";
import { mp3FrameBytes } from "./mp3-frame.ts";
import { sampleOfFloat } from "./wav-samples.ts";
import { mean, type WavAudio } from "./wav.ts";

/** Whether the bytes begin like an MP3 file: an ID3 tag, or the sync word of a frame of MPEG layer III. */
export function looksLikeMp3(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = bytes;
  const tagged = first === 0x49 && second === 0x44 && third === 0x33;
  return tagged || mp3FrameBytes(bytes) !== undefined;
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
      if (samplesDecoded === 0) return [];
      return [{ samples: samplesOfFloats(channelData), sampleRateHz: sampleRate }];
    },
    end: () => [],
    // It never says so.
    ended: false,
    close() {
      if (open) decoder.free();
      open = false;
    },
  };
}

/** The frame of silence that encoders put first, to say how long the file is: there is none within a stream. */
const INFORMATION = ["Xing", "Info", "VBRI"];

/** Whether an MP3 file begins here: with a tag, or with a frame that is there only to describe the file. */
export function beginsMp3(bytes: Uint8Array): boolean {
  if (!looksLikeMp3(bytes)) return false;
  // It lies behind the side information, which is 9 to 32 bytes long, behind 4 bytes of header and maybe 2 of CRC.
  const beginning = String.fromCharCode(...bytes.subarray(0, 48));
  return beginning.startsWith("ID3") || INFORMATION.some((name) => beginning.indexOf(name) >= 13);
}
