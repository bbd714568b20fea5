import { PiopiyError } from "../base/index.ts";
import { wavReader, type SampleFormat } from "./wav-samples.ts";

export interface WavAudio {
  readonly sampleRateHz: number;
  /** The samples of each channel. */
  readonly channels: readonly Int16Array[];
  /** All channels in one: their mean. With one channel, that channel. */
  readonly samples: Int16Array;
}

interface Chunk {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

const MAXIMUM_CHANNELS = 8;
const bad = (what: string) => new PiopiyError("bad_audio", `The WAV file ${what}.`);

/** Whether the bytes begin like a WAV file. */
export function looksLikeWav(bytes: Uint8Array): boolean {
  return ["RIFF", "RF64"].includes(tag(bytes, 0)) && tag(bytes, 8) === "WAVE";
}

/**
 * Reads a WAV file: PCM of 8, 16, 24 and 32 bit, IEEE float of 32 and 64 bit, µ-law and A-law, with a plain or an
 * extensible header. Sizes that are wrong (a cut file, a stream that never knew its length, RF64) are read as far as
 * there is data. Fails with `bad_audio`, naming what is wrong.
 */
export function parseWav(bytes: Uint8Array): WavAudio {
  const head = wavHead(bytes);
  if (!head) throw bad("has no data chunk");
  const { format, data } = head;
  const frames = Math.floor((data.to - data.from) / (format.sampleBytes * format.channels));
  if (frames === 0) throw bad("has no samples");
  const channels = wavChannels(format, bytes.subarray(data.from, data.to));
  return { sampleRateHz: format.sampleRateHz, channels, samples: mean(channels) };
}

export interface WavHead {
  readonly format: WavFileFormat;
  /** Where the samples are, as far as `bytes` go. */
  readonly data: { readonly from: number; readonly to: number };
  /** How many bytes of samples the file says it has; infinite when it does not know. */
  readonly dataBytes: number;
}

/** What stands before the samples; `undefined`: they have not begun yet. Fails with `bad_audio`, as `parseWav`. */
export function wavHead(bytes: Uint8Array): WavHead | undefined {
  if (!looksLikeWav(bytes)) throw bad("does not begin with RIFF and WAVE");
  const chunks = chunksOf(bytes);
  const data = chunks.find((chunk) => chunk.id === "data");
  if (!data) return undefined;
  const format = formatOf(bytes, chunks.find((chunk) => chunk.id === "fmt "));
  const told = viewOf(bytes).getUint32(data.from - 4, true);
  return { format, data, dataBytes: told === 0 || told === 0xffff_ffff ? Infinity : told };
}

/** The samples of each channel in whole frames of a data chunk. */
export function wavChannels(format: WavFileFormat, data: Uint8Array): readonly Int16Array[] {
  const read = wavReader(format, data);
  const frames = Math.floor(data.length / (format.sampleBytes * format.channels));
  return Array.from({ length: format.channels }, (_, channel) => {
    const samples = new Int16Array(frames);
    for (let frame = 0; frame < frames; frame++) samples[frame] = read((frame * format.channels + channel) * format.sampleBytes);
    return samples;
  });
}

function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  const view = viewOf(bytes);
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const from = at + 8;
    // 0xFFFFFFFF (a stream, RF64) and sizes beyond the end both mean: to the end.
    const to = Math.min(bytes.length, from + view.getUint32(at + 4, true));
    const id = tag(bytes, at);
    // A recorder that crashed before it knew the length leaves a data chunk of size 0 at the end.
    chunks.push({ id, from, to: id === "data" && to === from ? bytes.length : to });
    // Chunks are padded to an even length.
    at = to + (to % 2 === from % 2 ? 0 : 1);
  }
  return chunks;
}

export interface WavFileFormat extends SampleFormat {
  readonly sampleRateHz: number;
  readonly channels: number;
}

function formatOf(bytes: Uint8Array, chunk: Chunk | undefined): WavFileFormat {
  if (!chunk) throw bad("has no fmt chunk");
  const view = viewOf(bytes.subarray(chunk.from, chunk.to));
  if (view.byteLength < 16) throw bad("has a fmt chunk that is too short");
  const tagged = view.getUint16(0, true);
  // WAVE_FORMAT_EXTENSIBLE: the real format is the beginning of the sub-format's GUID.
  const encoding = tagged === 0xfffe && view.byteLength >= 26 ? view.getUint16(24, true) : tagged;
  const channels = view.getUint16(2, true);
  const sampleRateHz = view.getUint32(4, true);
  const bits = view.getUint16(14, true);
  if (channels < 1 || channels > MAXIMUM_CHANNELS) throw bad(`has ${channels} channels; 1 to ${MAXIMUM_CHANNELS} are played`);
  if (sampleRateHz < 1000 || sampleRateHz > 384_000) throw bad(`has a sample rate of ${sampleRateHz} Hz`);
  const name = encodingNames[`${encoding}/${bits}`];
  if (!name) throw bad(`holds encoding ${encoding} with ${bits} bit, which is not PCM, float, µ-law or A-law`);
  return { sampleRateHz, channels, encoding: name, sampleBytes: bits / 8 };
}

const encodingNames: Readonly<Record<string, SampleFormat["encoding"]>> = {
  "1/8": "pcm8",
  "1/16": "pcm16",
  "1/24": "pcm24",
  "1/32": "pcm32",
  "3/32": "float32",
  "3/64": "float64",
  "6/8": "alaw",
  "7/8": "ulaw",
};

/** The mean of all channels: never clips. */
export function mean(channels: readonly Int16Array[]): Int16Array {
  const [first = new Int16Array(0)] = channels;
  if (channels.length < 2) return first;
  return first.map((_, index) => {
    let sum = 0;
    for (const channel of channels) sum += channel[index] ?? 0;
    return Math.round(sum / channels.length);
  });
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
