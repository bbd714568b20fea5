import { describe, expect, it } from "vitest";
import { utf8 } from "../base/index.ts";
import { dominantTone } from "./goertzel.ts";
import { mp3Tone } from "./mp3-tone.test.data.ts";
import { decodeMp3, looksLikeMp3 } from "./mp3.ts";
import { resample } from "./resample.ts";

describe("MP3", () => {
  it("is decoded at its rate: the tone is where it was", async () => {
    const bytes = mp3Tone(40);
    expect(looksLikeMp3(bytes)).toBe(true);
    const audio = await decodeMp3(bytes);
    expect(audio.sampleRateHz).toBe(32_000);
    const samples = resample(audio.samples, audio.sampleRateHz, 8000);
    expect(samples.length).toBeGreaterThan(38 * 288);
    expect(dominantTone(samples, [500, 800, 1000, 1200, 2000])).toBe(1000);
  });

  it("is decoded behind an ID3 tag and with garbage in between", async () => {
    const tag = Uint8Array.of(...utf8("ID3"), 4, 0, 0, 0, 0, 0, 10, ...new Uint8Array(10));
    const bytes = Uint8Array.of(...tag, ...mp3Tone(20), ...new Uint8Array(100), ...mp3Tone(20));
    expect(looksLikeMp3(bytes)).toBe(true);
    expect((await decodeMp3(bytes)).samples.length).toBeGreaterThan(30 * 1152);
  });

  it("is told by its first bytes", () => {
    expect(looksLikeMp3(Uint8Array.of(0xff, 0xfb, 0x90))).toBe(true);
    expect(looksLikeMp3(Uint8Array.of(0xff, 0xff, 0xff))).toBe(false);
    expect(looksLikeMp3(utf8("RIFF"))).toBe(false);
    expect(looksLikeMp3(new Uint8Array(0))).toBe(false);
  });

  it("that is none is bad_audio", async () => {
    const garbage = Uint8Array.from({ length: 4000 }, (_, at) => (at * 7919) % 251);
    await expect(decodeMp3(garbage)).rejects.toMatchObject({ code: "bad_audio" });
  });
});
