import { describe, expect, it } from "vitest";
import { createDecoder, createEncoder, FRAME_SAMPLES, g711, MAX_FRAME_BYTES, tonePower, toneSamples, type AudioCodec } from "./index.ts";

const tone = toneSamples({ frequencyHz: 440, durationMs: 200 });
const codecs = ["PCMU", "PCMA", "G722"] as const;

/** The payloads of a stream, frame by frame. */
function payloads(codec: AudioCodec, samples: Int16Array): readonly Uint8Array[] {
  const encoder = createEncoder(codec);
  return Array.from({ length: samples.length / FRAME_SAMPLES }, (_, frame) => {
    const target = new Uint8Array(12 + MAX_FRAME_BYTES);
    const length = encoder.encode(samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES), target, 12);
    expect(target.subarray(0, 12).every((octet) => octet === 0)).toBe(true);
    return target.subarray(12, 12 + length);
  });
}

describe.each(codecs)("%s", (codec) => {
  it("carries a tone in frames, and gives it back from packets of any length", () => {
    const stream = Buffer.concat(payloads(codec, tone));
    for (const length of [80, 160, 240, 480]) {
      const decoder = createDecoder(codec);
      const samples = new Int16Array(tone.length);
      for (let at = 0; at < stream.length; at += length) {
        const payload = stream.subarray(at, at + length);
        expect(decoder.decode(payload, samples.subarray(at))).toBe(payload.length);
      }
      expect(tonePower(samples, 440)).toBeGreaterThan(0.98);
    }
  });

});

describe.each([...codecs, "opus"] as const)("%s", (codec) => {
  it("is silent in frames without sound", () => {
    const encoder = createEncoder(codec);
    const decoder = createDecoder(codec);
    const target = new Uint8Array(12 + MAX_FRAME_BYTES);
    const samples = new Int16Array(FRAME_SAMPLES);
    for (let frame = 0; frame < 20; frame++) {
      const length = encoder.silence(target, 12);
      expect(decoder.decode(target.subarray(12, 12 + length), samples)).toBe(FRAME_SAMPLES);
    }
    expect(samples.every((sample) => Math.abs(sample) <= 8)).toBe(true);
    encoder.close();
    decoder.close();
  });

  it("keeps streams apart", () => {
    const [one, other] = [createEncoder(codec), createEncoder(codec)];
    const [first, second] = [new Uint8Array(tone.length), new Uint8Array(tone.length)];
    for (let at = 0; at < tone.length; at += FRAME_SAMPLES) {
      const frame = tone.subarray(at, at + FRAME_SAMPLES);
      one.encode(frame, first, at);
      other.encode(frame, second, at);
    }
    expect(first).toEqual(second);
    for (const encoder of [one, other]) encoder.close();
  });
});

it("gives the laws of G.711 as they are", () => {
  for (const law of ["PCMU", "PCMA"] as const) {
    expect(Buffer.concat(payloads(law, tone))).toEqual(Buffer.from(g711[law].encode(tone)));
  }
});
