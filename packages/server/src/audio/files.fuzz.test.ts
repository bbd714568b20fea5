import { describe, expect, it } from "vitest";
import { PiopiyError } from "../base/index.ts";
import { fuzz } from "../fuzz.test.support.ts";
import { createDecoder, createEncoder, createFileDecoder, FRAME_SAMPLES, opusStates, parseWav, toneSamples, wavFile } from "./index.ts";
import { opusPeer, peerTone } from "./opus-peer.test.support.ts";

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

/** Packets of our encoder, and of one that speaks in stereo, in 60 ms, with FEC. */
function opusPackets(): readonly Uint8Array[] {
  const [ours, theirs] = [createEncoder("opus"), opusPeer({ rateHz: 48_000, channels: 2, application: "audio", fec: 20 })];
  const packets: Uint8Array[] = Array.from({ length: 4 }, () => {
    const target = new Uint8Array(FRAME_SAMPLES);
    return target.slice(0, ours.encode(toneSamples({ frequencyHz: 440, durationMs: 20 }), target, 0));
  });
  packets.push(...Array.from({ length: 3 }, () => theirs.encode(peerTone(440, 60, 48_000, 2))));
  for (const one of [ours, theirs]) one.close();
  return packets;
}

it("what comes as Opus is at most 120 ms of audio or none, whatever came before, and after a gap as well", async () => {
  const decoder = createDecoder("opus");
  const samples = new Int16Array(960);
  const report = await fuzz({
    name: "opus", seeds: [...opusPackets(), Uint8Array.of(0x0b, 0x83, 0)],
    grammar: (random) => Uint8Array.from([random.below(32) << 3 | random.below(2) << 2 | random.below(4), random.below(256), ...random.bytes(random.below(200))]),
    run(input) {
      const made = decoder.conceal((input[0] ?? 0) * 10, input, samples);
      const count = decoder.decode(input, samples);
      for (const some of [made, count]) if (some < 0 || some > 960 || some % 20 !== 0) throw new Error("there is another number of samples than a packet can have");
      return `${made} ${count}`;
    },
  });
  decoder.close();
  expect(report.outcomes).toBeGreaterThan(10);
  expect(opusStates()).toBe(0);
}, 300_000);
