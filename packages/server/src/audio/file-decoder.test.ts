import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, concatSamples, utf8 } from "../base/index.ts";
import { createFileDecoder } from "./file-decoder.ts";
import { encodeAlaw, encodeUlaw } from "./g711.ts";
import { tonePower } from "./goertzel.ts";
import { mp3Tone } from "./mp3-tone.test.data.ts";
import { resample } from "./resample.ts";
import { toneSamples } from "./tone.ts";
import { pcmBytes, wavFile } from "./wav-header.ts";
import { parseWav } from "./wav.ts";

const tone = toneSamples({ frequencyHz: 1000, durationMs: 300 });

function chunk(id: string, data: Uint8Array, size = data.length): Uint8Array {
  const head = new Uint8Array(8);
  head.set(utf8(id));
  new DataView(head.buffer).setUint32(4, size, true);
  return concatBytes([head, data, new Uint8Array(data.length % 2)]);
}
function wav(encoding: number, bits: number, channels: number, rate: number, data: Uint8Array, ...more: readonly Uint8Array[]): Uint8Array {
  const format = new Uint8Array(16);
  const view = new DataView(format.buffer);
  view.setUint16(0, encoding, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint16(14, bits, true);
  return concatBytes([utf8("RIFF"), new Uint8Array(4), utf8("WAVE"), chunk("LIST", utf8("odd")), chunk("fmt ", format), chunk("data", data), ...more]);
}
function bytesOf(sampleBytes: number, put: (view: DataView, at: number, sample: number) => void): Uint8Array {
  const bytes = new Uint8Array(tone.length * sampleBytes);
  const view = new DataView(bytes.buffer);
  tone.forEach((sample, index) => put(view, index * sampleBytes, sample));
  return bytes;
}
const stereo = pcmBytes(Int16Array.from(tone, (_, at) => tone[Math.floor(at / 2)] ?? 0));

const files: readonly (readonly [string, Uint8Array])[] = [
  ["16 bit", wavFile({ sampleRateHz: 8000, channels: 1 }, tone)],
  ["8 bit", wav(1, 8, 1, 8000, bytesOf(1, (view, at, sample) => view.setUint8(at, (sample >> 8) + 128)))],
  ["24 bit", wav(1, 24, 1, 8000, bytesOf(3, (view, at, sample) => view.setInt16(at + 1, sample, true)))],
  ["float", wav(3, 32, 1, 8000, bytesOf(4, (view, at, sample) => view.setFloat32(at, sample / 32_767, true)))],
  ["A-law", wav(6, 8, 1, 8000, encodeAlaw(tone))],
  ["µ-law", wav(7, 8, 1, 8000, encodeUlaw(tone))],
  ["stereo", wav(1, 16, 2, 8000, stereo)],
  ["44.1 kHz", wav(1, 16, 1, 44_100, pcmBytes(resample(tone, 8000, 44_100)))],
  ["11.025 kHz", wav(1, 16, 1, 11_025, pcmBytes(resample(tone, 8000, 11_025)))],
  ["48 kHz, with a chunk behind the samples", wav(1, 16, 1, 48_000, pcmBytes(resample(tone, 8000, 48_000)), chunk("id3 ", utf8("tags")))],
];

async function decoded(file: Uint8Array, cuts: readonly number[]): Promise<Int16Array> {
  const decoder = createFileDecoder();
  const parts: Int16Array[] = [];
  const ends = [...cuts.map((cut) => cut % file.length).toSorted((a, b) => a - b), file.length];
  let from = 0;
  for (const to of ends) {
    parts.push(await decoder.push(file.subarray(from, to)));
    from = to;
  }
  parts.push(await decoder.flush());
  decoder.close();
  return concatSamples(parts);
}

describe("a file that comes in pieces", () => {
  it.each(files)("in %s is the same as when it is whole, wherever it is cut", async (_, file) => {
    const { samples, sampleRateHz } = parseWav(file);
    const whole = resample(samples, sampleRateHz, 8000);
    expect(tonePower(whole, 1000)).toBeGreaterThan(0.95);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: file.length }), { maxLength: 8 }), async (cuts) => {
        expect(await decoded(file, cuts)).toEqual(whole);
      }),
      { seed: 20_261_122, numRuns: 15 },
    );
  });

  it("in MP3 is the same as when it is whole", async () => {
    const file = mp3Tone(60);
    const whole = await decoded(file, []);
    expect(tonePower(whole, 1000)).toBeGreaterThan(0.9);
    expect(await decoded(file, [100, 300, 301, 2000])).toEqual(whole);
  });

  it("that was cut off is as long as it got", async () => {
    const file = wavFile({ sampleRateHz: 8000, channels: 1 }, tone);
    expect((await decoded(file.subarray(0, 2045), [500])).length).toBe(1000);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["empty", new Uint8Array(0), /empty/],
    ["a web page", utf8(`<!doctype html>${" ".repeat(100)}`), /HTML/],
    ["short garbage", utf8("abc"), /neither/],
    ["a WAV without samples", concatBytes([utf8("RIFF"), new Uint8Array(4), utf8("WAVE"), chunk("LIST", new Uint8Array(100))]), /no audio/],
    ["an MP3 without a frame", concatBytes([utf8("ID3"), new Uint8Array(200)]), /no audio/],
  ])("that is %s is bad_audio", async (_, file, message) => {
    await expect(decoded(file, [])).rejects.toMatchObject({ code: "bad_audio", message: expect.stringMatching(message) });
  });
});
