import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, PiopiyError, utf8 } from "../base/index.ts";
import { encodeAlaw, encodeUlaw } from "./g711.ts";
import { pcmBytes, wavFile, wavHeader } from "./wav-header.ts";
import { parseWav } from "./wav.ts";

const samples = Int16Array.of(0, 1000, -1000, 32_767, -32_768, 256);

function chunk(id: string, data: Uint8Array, size = data.length): Uint8Array {
  const head = new Uint8Array(8);
  head.set(utf8(id));
  new DataView(head.buffer).setUint32(4, size, true);
  return concatBytes([head, data, new Uint8Array(data.length % 2)]);
}
function fmt(encoding: number, bits: number, channels = 1, rate = 8000, extra: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(16 + extra.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, encoding, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, (rate * channels * bits) / 8, true);
  view.setUint16(12, (channels * bits) / 8, true);
  view.setUint16(14, bits, true);
  bytes.set(extra, 16);
  return chunk("fmt ", bytes);
}
const riff = (...chunks: readonly Uint8Array[]) => concatBytes([utf8("RIFF"), Uint8Array.of(0, 0, 0, 0), utf8("WAVE"), ...chunks]);
function data(bits: number, put: (view: DataView, at: number, sample: number) => void): Uint8Array {
  const bytes = new Uint8Array((samples.length * bits) / 8);
  samples.forEach((sample, index) => put(new DataView(bytes.buffer), (index * bits) / 8, sample));
  return bytes;
}
const extensible = (encoding: number) => [22, 0, 16, 0, 0, 0, 0, 0, encoding, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

describe("parseWav reads", () => {
  const exact: readonly (readonly [string, Uint8Array])[] = [
    ["16 bit", riff(fmt(1, 16), chunk("data", pcmBytes(samples)))],
    ["24 bit", riff(fmt(1, 24), chunk("data", data(24, (view, at, sample) => view.setInt16(at + 1, sample, true))))],
    ["32 bit", riff(fmt(1, 32), chunk("data", data(32, (view, at, sample) => view.setInt32(at, sample << 16, true))))],
    ["extensible", riff(fmt(0xfffe, 16, 1, 8000, extensible(1)), chunk("data", pcmBytes(samples)))],
    ["other chunks, of odd length too", riff(chunk("LIST", utf8("odd")), fmt(1, 16), chunk("fact", utf8("abcd")), chunk("data", pcmBytes(samples)), chunk("id3 ", utf8("x")))],
    ["a size beyond the end", riff(fmt(1, 16), chunk("data", pcmBytes(samples), 1_000_000))],
    ["a size never told", riff(fmt(1, 16), chunk("data", pcmBytes(samples), 0xffff_ffff))],
    ["a size of 0 of a crashed recorder", riff(fmt(1, 16), chunk("data", pcmBytes(samples), 0))],
    ["RF64", concatBytes([utf8("RF64"), riff(chunk("ds64", new Uint8Array(28)), fmt(1, 16), chunk("data", pcmBytes(samples), 0xffff_ffff)).subarray(4)])],
    ["our own header", wavFile({ sampleRateHz: 8000, channels: 1 }, samples)],
    ["our own header before the length is known", concatBytes([wavHeader({ sampleRateHz: 8000, channels: 1 }), pcmBytes(samples)])],
  ];
  it.each(exact)("%s", (_, bytes) => {
    expect(parseWav(bytes)).toEqual({ sampleRateHz: 8000, channels: [samples], samples });
  });

  const near: readonly (readonly [string, Uint8Array, number])[] = [
    ["8 bit, unsigned", riff(fmt(1, 8), chunk("data", data(8, (view, at, sample) => view.setUint8(at, (sample >> 8) + 128)))), 256],
    ["float of 32 bit", riff(fmt(3, 32), chunk("data", data(32, (view, at, sample) => view.setFloat32(at, sample / 32_767, true)))), 1],
    ["float of 64 bit", riff(fmt(3, 64), chunk("data", data(64, (view, at, sample) => view.setFloat64(at, sample / 32_767, true)))), 1],
    ["A-law", riff(fmt(6, 8), chunk("data", encodeAlaw(samples))), 600],
    ["µ-law", riff(fmt(7, 8), chunk("data", encodeUlaw(samples))), 700],
  ];
  it.each(near)("%s", (_, bytes, tolerance) => {
    const read = parseWav(bytes).samples;
    expect(read.length).toBe(samples.length);
    read.forEach((sample, index) => expect(Math.abs(sample - samples[index]!)).toBeLessThanOrEqual(tolerance));
  });

  it("two channels apart, and their mean", () => {
    const stereo = wavFile({ sampleRateHz: 44_100, channels: 2 }, Int16Array.of(100, 300, -32_768, -32_768));
    expect(parseWav(stereo)).toEqual({
      sampleRateHz: 44_100,
      channels: [Int16Array.of(100, -32_768), Int16Array.of(300, -32_768)],
      samples: Int16Array.of(200, -32_768),
    });
  });

  it("floats that are none or beyond the range without wrapping", () => {
    const bytes = new Uint8Array(12);
    [Number.NaN, 7, -7].forEach((value, index) => new DataView(bytes.buffer).setFloat32(index * 4, value, true));
    expect([...parseWav(riff(fmt(3, 32), chunk("data", bytes))).samples]).toEqual([0, 32_767, -32_768]);
  });

  it("bytes that begin in the middle of a buffer", () => {
    const file = wavFile({ sampleRateHz: 8000, channels: 1 }, samples);
    expect(parseWav(concatBytes([utf8("odd"), file]).subarray(3)).samples).toEqual(samples);
  });
});

describe("parseWav refuses with bad_audio", () => {
  const pcm = chunk("data", pcmBytes(samples));
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["no RIFF", utf8("OggS and more bytes"), "RIFF"],
    ["no fmt chunk", riff(pcm), "fmt"],
    ["a short fmt chunk", riff(chunk("fmt ", new Uint8Array(8)), pcm), "too short"],
    ["no data chunk", riff(fmt(1, 16)), "data"],
    ["no samples", riff(fmt(1, 16), chunk("data", new Uint8Array(1))), "no samples"],
    ["no channel", riff(fmt(1, 16, 0), pcm), "0 channels"],
    ["too many channels", riff(fmt(1, 16, 64), pcm), "64 channels"],
    ["an absurd rate", riff(fmt(1, 16, 1, 5), pcm), "5 Hz"],
    ["ADPCM", riff(fmt(2, 4), pcm), "encoding 2"],
    ["12 bit", riff(fmt(1, 12), pcm), "12 bit"],
  ];
  it.each(cases)("%s", (_, bytes, word) => {
    expect(() => parseWav(bytes)).toThrow(expect.objectContaining({ code: "bad_audio", message: expect.stringContaining(word) }));
  });

  it("or reads whatever is made of a real file, at every length and with any bytes changed", () => {
    const file = riff(chunk("LIST", utf8("odd")), fmt(1, 16, 2), chunk("data", pcmBytes(samples)));
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 5 });
    const property = fc.property(fc.nat(file.length), changes, (length, put) => {
      const bytes = file.slice(0, length);
      for (const [at, value] of put) if (at < length) bytes[at] = value;
      try {
        expect(parseWav(bytes).samples.length).toBeGreaterThan(0);
      } catch (failure) {
        expect(failure).toBeInstanceOf(PiopiyError);
      }
    });
    fc.assert(property, { seed: 8, numRuns: 2000 });
  });
});

describe("wavHeader", () => {
  it.each([1, 2] as const)("of %i channels, byte by byte", (channels) => {
    const header = wavHeader({ sampleRateHz: 8000, channels }, 1600);
    const view = new DataView(header.buffer);
    expect(view.getUint32(4, true)).toBe(1636);
    expect([view.getUint16(20, true), view.getUint16(22, true), view.getUint32(24, true)]).toEqual([1, channels, 8000]);
    expect([view.getUint32(28, true), view.getUint16(32, true), view.getUint16(34, true)]).toEqual([16_000 * channels, 2 * channels, 16]);
    expect(view.getUint32(40, true)).toBe(1600);
  });
});
