import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FRAME_SAMPLES, tonePower, toneSamples, wavFile } from "../audio/index.ts";
import { mp3Reservoir } from "../audio/mp3-reservoir.test.data.ts";
import { mp3Tone } from "../audio/mp3-tone.test.data.ts";
import { opusSilence, opusTone, vorbisStereo, vorbisTone } from "../audio/ogg-tone.test.data.ts";
import { concatBytes, concatSamples, scope, utf8, VirtualClock } from "../base/index.ts";
import { cut } from "./cut.test.support.ts";
import { createMessages } from "./decode-messages.ts";
import { createMessageDecoder, type DecodeMessage, type MessageDecoder } from "./message-decoder.ts";

let decoder: MessageDecoder;
const clock = new VirtualClock();
const life = scope();
beforeAll(() => {
  decoder = createMessageDecoder(clock);
});
afterAll(async () => {
  life.close();
  await decoder.close();
  expect(clock.timers).toBe(0);
});

/** What is heard of messages that come one right after the other. */
async function heard(messages: readonly Uint8Array[], decode: DecodeMessage = decoder.forBot(), signal = life.signal): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  for (const message of messages) parts.push(await decode(message, signal));
  return concatSamples(parts);
}

/** Frames of 20 ms without the tone, from the first one with it to the last. */
function framesWithout(samples: Int16Array): number {
  const frames = Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, at) =>
    tonePower(samples.subarray(at * FRAME_SAMPLES, (at + 1) * FRAME_SAMPLES), 1000) > 0.8);
  return frames.slice(frames.indexOf(true), frames.lastIndexOf(true) + 1).filter((heard) => !heard).length;
}

const tone = toneSamples({ frequencyHz: 1000, durationMs: 300 });
const wav = wavFile({ sampleRateHz: 8000, channels: 1 }, tone);
/** A Xing frame, as an encoder puts before an MP3 file: silence that tells about the file. */
const withInformation = (file: Uint8Array) => {
  const frame = new Uint8Array(108);
  frame.set(mp3Reservoir.subarray(0, 4));
  frame.set(utf8("Info"), 13);
  return concatBytes([frame, file]);
};

describe("messages of a bot", () => {
  it.each<[string, Uint8Array]>([["MP3", mp3Tone(60)], ["MP3 with a bit reservoir", mp3Reservoir], ["Opus", opusTone], ["Vorbis", vorbisTone]])(
    "with %s that was cut anywhere are one sound",
    async (_, file) => {
      const whole = await heard([file]);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.integer({ min: 80, max: 1500 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
          const samples = await heard(cut(file, sizes));
          expect(samples).toEqual(whole);
          expect(framesWithout(samples)).toBe(0);
        }),
        { seed: 50, numRuns: 5 },
      );
    },
  );

  it("with MP3 that was cut have gaps when each is decoded for itself: that is why they are not", async () => {
    const samples = concatSamples(await Promise.all(cut(mp3Reservoir, [1000]).map((piece) => heard([piece]))));
    const whole = await heard([mp3Reservoir]);
    expect([framesWithout(whole), whole.length - samples.length > 800]).toEqual([0, true]);
    expect(framesWithout(samples)).toBeGreaterThan(4);
  });

  it.each<[string, Uint8Array, number]>([["WAV", wav, 300], ["Opus", opusTone, 400], ["Vorbis", vorbisStereo, 200]])("with a %s file each are those files", async (_, file, ms) => {
    const samples = await heard([file, file, file]);
    expect(samples.length).toBe(3 * ms * 8);
    expect(tonePower(samples, 1000)).toBeGreaterThan(0.95);
  });

  it("with an MP3 file each are those files, without the silence that tells about them", async () => {
    const one = await heard([withInformation(mp3Reservoir)]);
    const two = await heard([withInformation(mp3Reservoir), withInformation(mp3Reservoir)]);
    expect(Math.abs(two.length - 2 * one.length)).toBeLessThan(80);
  });

  it("may change from one form to another", async () => {
    const samples = await heard([...cut(mp3Tone(20), [1000]), wav, opusTone, ...cut(mp3Tone(20), [700])]);
    expect(framesWithout(samples)).toBeLessThanOrEqual(4);
    expect(samples.length).toBeGreaterThan((300 + 400 + 2 * 18 * 36) * 8);
  });

  it("with MP3 go on after a pause, where they were cut, and may begin anew then", async () => {
    const decode = decoder.forBot();
    const whole = await heard([mp3Reservoir]);
    const parts: Int16Array[] = [];
    for (const piece of cut(mp3Reservoir, [1210])) {
      parts.push(await decode(piece, life.signal));
      await clock.advance(60_000);
    }
    expect(concatSamples(parts)).toEqual(whole);
    // Whole frames whose data are all in them: another sentence, which has nothing of the one before.
    expect(await decode(mp3Reservoir, life.signal)).toEqual(whole);
  });

  it("with MP3 begin anew after a clear, also where they were cut", async () => {
    const decode = decoder.forBot();
    const [first = wav, ...rest] = cut(mp3Reservoir, [1210]);
    const [cleared, next] = [scope(), scope()];
    await decode(first, cleared.signal);
    cleared.close();
    const samples = await heard(rest, decode, next.signal);
    expect(tonePower(samples.subarray(2000), 1000)).toBeGreaterThan(0.95);
    next.close();
  });

  it("with MP3 begin anew with another utterance", async () => {
    const decode = decoder.forBot();
    const whole = await heard([mp3Reservoir]);
    expect((await decode(mp3Reservoir, life.signal, 1)).length).toBe(whole.length);
    expect(await decode(mp3Reservoir, life.signal, 2)).toEqual(whole);
  });

  it("of Ogg go on after a pause: without their head they are nothing", async () => {
    const decode = decoder.forBot();
    const [first = wav, second = wav] = cut(opusTone, [700]);
    const before = await decode(first, life.signal);
    await clock.advance(60_000);
    expect(before.length + (await decode(second, life.signal)).length).toBe(3200);
  });

  it("of many bots do not disturb each other", async () => {
    const whole = await heard([mp3Reservoir]);
    const all = await Promise.all(Array.from({ length: 20 }, (_, bot) => heard(cut(mp3Reservoir, [300 + bot * 17]))));
    for (const samples of all) expect(samples).toEqual(whole);
  });

  it("of one bot are decoded in between while another's long one is", async () => {
    const order: string[] = [];
    const long = heard([mp3Tone(2500)]).then(() => order.push("long"));
    const short = heard([opusTone]).then(() => order.push("short"));
    await Promise.all([long, short]);
    expect(order).toEqual(["short", "long"]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /empty/],
    ["garbage", new Uint8Array(100), /neither WAV nor MP3 nor Ogg/],
    ["a FLAC file", concatBytes([utf8("fLaC"), new Uint8Array(100)]), /FLAC/],
    ["a WAV without samples", wav.subarray(0, 44), /no audio/],
    ["too much at once", opusSilence(45), /longer than 10 min/],
    ["too much in all", opusSilence(45, 1000), /longer than 10 min/],
  ])("with %s fail, and what comes then is heard", async (_, bytes, message) => {
    const decode = decoder.forBot();
    await expect(decode(bytes, life.signal)).rejects.toMatchObject({ code: "bad_audio", message: expect.stringMatching(message) });
    expect(await decode(wav, life.signal)).toEqual(tone);
  });

  it("that are not wanted any more reject", async () => {
    const own = scope();
    const decoding = decoder.forBot()(mp3Tone(600), own.signal);
    own.close("over");
    await expect(decoding).rejects.toBe("over");
  });
});

describe("the thread", () => {
  it("forgets a stream that is over: a part of one it does not know fails", async () => {
    const decode = createMessages();
    const part = { first: true, last: false, afterPause: false };
    await decode({ stream: 1, part: { ...part, bytes: mp3Tone(10) } });
    await decode({ stream: 1 });
    await expect(decode({ stream: 1, part: { ...part, bytes: mp3Tone(10), first: false } })).rejects.toMatchObject({ code: "bad_audio" });
  });
});
