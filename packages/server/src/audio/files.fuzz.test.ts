import { describe, expect, it } from "vitest";
import { PiopiyError } from "../base/index.ts";
import { fuzz } from "../fuzz.test.support.ts";
import { createFileDecoder, parseWav, toneSamples, wavFile } from "./index.ts";

const wav = wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz: 440, durationMs: 60 }));
const page = Uint8Array.from(Buffer.from("4f67675300020000000000000000010000000000000000000000011e014f7075734865616401020000803e0000000000", "hex"));
const mp3 = Uint8Array.from([0xff, 0xfb, 0x90, 0xc4, ...Array.from({ length: 413 }, () => 0)]);
const words = ["RIFF", "RF64", "WAVE", "fmt ", "data", "ID3", "TAG", "OggS", "OpusHead", "\u0001vorbis", "Xing"];

describe("a file of a stranger", () => {
  it("is audio or bad_audio, and not more of it than it can hold", async () => {
    const report = await fuzz({
      name: "audio-file", seeds: [wav, mp3, page, new Uint8Array([...mp3, ...mp3, ...mp3])], words, inputMs: 2000,
      async run(input) {
        const decoder = createFileDecoder({ maxMinutes: 1 });
        try {
          const first = await decoder.push(input.subarray(0, input.length >> 1));
          const rest = await decoder.push(input.subarray(input.length >> 1));
          return `${first.length + rest.length + (await decoder.flush()).length > 0} ${decoder.ended}`;
        } catch (failure) {
          if (!(failure instanceof PiopiyError) || failure.code !== "bad_audio") throw failure;
          return failure.message.slice(0, 60);
        } finally {
          decoder.close();
        }
      },
    });
    expect(report.outcomes).toBeGreaterThan(4);
  }, 300_000);

  it("that is a WAV is read or refused at once", async () => {
    await fuzz({
      name: "wav", seeds: [wav], words,
      run(input) {
        try {
          return parseWav(input).sampleRateHz;
        } catch (failure) {
          if (!(failure instanceof PiopiyError) || failure.code !== "bad_audio") throw failure;
          return failure.message;
        }
      },
    });
  }, 300_000);
});
