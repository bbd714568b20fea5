import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { audioFan } from "./call-audio.ts";
import { createCredit } from "./credit.ts";
import { bytesOf, framing, samplesOf } from "./framing.ts";
import { createHead } from "./head.ts";
import { manualClock } from "./manual-clock.test.support.ts";
import { positionedFrames } from "./positions.ts";
import { durationMsOf, formOf, wavOf } from "./sniff.ts";
import { sourceOf } from "./source.ts";

const signal = new AbortController().signal;

describe("framing", () => {
  it("makes the same frames of any chunks", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 900 }), { maxLength: 20 }), fc.constantFrom(8000, 16_000), (chunks, rate) => {
        const frames = framing(rate);
        const whole = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
        const out = chunks.flatMap((chunk) => [...frames.push(chunk)]);
        expect(out.every(({ length }) => length === rate / 50)).toBe(true);
        const size = rate / 25;
        expect(out.flatMap((frame) => Array.from(frame))).toEqual([...samplesOf(whole.subarray(0, whole.length - (whole.length % size)))]);
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it("reads and writes little-endian, and leaves an odd byte out", () => {
    expect([...bytesOf(Int16Array.of(1, -2))]).toEqual([1, 0, 254, 255]);
    expect([...samplesOf(Uint8Array.of(1, 0, 254, 255, 9))]).toEqual([1, -2]);
  });
});

it("a place behind what came is no gap, one ahead is", () => {
  const gaps: number[] = [];
  const frames = positionedFrames(16_000, (ms) => void gaps.push(ms));
  const pcm = new Uint8Array(640);
  for (const position of [2 ** 32 - 320, 0, 320, 960, 320]) expect(frames.push(position, pcm)).toHaveLength(1);
  expect(gaps).toEqual([20]);
});

describe("the audio of a call", () => {
  it("drops the oldest of a loop that is too slow, and counts it", async () => {
    const fan = audioFan();
    const slow = fan.audio[Symbol.asyncIterator]();
    const left = fan.audio[Symbol.asyncIterator]();
    await left.return?.();
    for (let at = 0; at < 253; at++) fan.push(Int16Array.of(at));
    expect(await slow.next()).toEqual({ done: false, value: Int16Array.of(3) });
    expect(fan.audio.droppedMs).toBe(60);
    expect(await left.next()).toEqual({ done: true, value: undefined });
    fan.end();
    const rest: number[] = [];
    for await (const frame of { [Symbol.asyncIterator]: () => slow }) rest.push(frame[0]!);
    expect([rest.length, rest[0], rest.at(-1)]).toEqual([249, 4, 252]);
    for await (const frame of fan.audio) expect(frame).toBeUndefined();
  });

  it("waits for what comes, and ends a loop that waits", async () => {
    const fan = audioFan();
    const loop = fan.audio[Symbol.asyncIterator]();
    const both = [loop.next(), loop.next()];
    fan.push(Int16Array.of(7));
    fan.end();
    expect(await Promise.all(both)).toEqual([{ done: false, value: Int16Array.of(7) }, { done: true, value: undefined }]);
  });
});

describe("credit", () => {
  const isOpen = async (room: Promise<void>) => (await Promise.race([room.then(() => true), new Promise((resolve) => void setImmediate(resolve))])) === true;

  it("believes what is told after a while of quiet, and before that only what was heard for certain", async () => {
    const clock = manualClock();
    const credit = createCredit(clock, 1000);
    credit.sent(1500);
    credit.told(100); // of a time when little had arrived
    expect(await isOpen(credit.room(signal))).toBe(false);
    credit.told(1200);
    credit.told(900); // 300 ms less are certainly heard: at most 1200 wait
    expect(await isOpen(credit.room(signal))).toBe(false);
    credit.told(600);
    expect(await isOpen(credit.room(signal))).toBe(true);
    credit.sent(1500);
    expect(await isOpen(credit.room(signal))).toBe(false);
    clock.advance(300);
    credit.told(950);
    expect(await isOpen(credit.room(signal))).toBe(true);
  });

  it("has room again when utterances are over, and rejects when it is not waited for any more", async () => {
    const credit = createCredit(manualClock(), 1000);
    credit.sent(600);
    const first = credit.position;
    credit.sent(600);
    const stop = new AbortController();
    const room = credit.room(stop.signal);
    stop.abort(new Error("enough"));
    await expect(room).rejects.toThrow("enough");
    const waiting = credit.room(signal);
    credit.over(first);
    await waiting;
  });

  it("never lets more wait than may, whatever the network does", () => {
    const step = fc.record({ sendMs: fc.integer({ min: 0, max: 400 }), playMs: fc.integer({ min: 0, max: 400 }), delayMs: fc.integer({ min: 0, max: 250 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const clock = manualClock();
        const credit = createCredit(clock, 5000);
        let [sentMs, playedMs, told] = [0, 0, 0];
        let open = true;
        const ask = () => {
          open = false;
          void credit.room(signal).then(() => void (open = true));
        };
        for (const { sendMs, playMs, delayMs } of steps) {
          if (open && sendMs > 0) {
            sentMs += sendMs;
            credit.sent(sendMs);
            ask();
          }
          playedMs = Math.min(sentMs, playedMs + playMs);
          const queuedMs = sentMs - playedMs;
          if (Math.abs(queuedMs - told) >= 1000) {
            told = queuedMs;
            clock.setTimer(delayMs, () => credit.told(queuedMs));
          }
          expect(queuedMs).toBeLessThanOrEqual(5400);
          clock.advance(20);
        }
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

it("the clock's truth counts what was sent late as an underrun", () => {
  const clock = manualClock();
  const head = createHead(clock, 40);
  expect([head.heardMs, head.leftMs]).toEqual([0, 0]);
  head.sent(100);
  clock.advance(30);
  expect([head.heardMs, head.leftMs]).toEqual([0, 110]);
  clock.advance(60);
  expect(head.heardMs).toBe(50);
  clock.advance(100);
  expect(head.heardMs).toBe(100);
  head.sent(100);
  expect(head.underrunMs).toBe(50);
  clock.advance(100);
  expect([head.heardMs, head.leftMs]).toEqual([200, 0]);
});

function wavFile(tag: number, channels: number, rate: number, bits: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(44 + data.length);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string) => bytes.set(new TextEncoder().encode(word), at);
  text(0, "RIFF");
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, tag, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, (rate * channels * bits) / 8, true);
  view.setUint16(32, (channels * bits) / 8, true);
  view.setUint16(34, bits, true);
  text(36, "data");
  view.setUint32(40, data.length, true);
  bytes.set(data, 44);
  return bytes;
}

// Two frames of MPEG 1 layer III, 128 kbit/s at 48 kHz: 384 bytes and 24 ms each.
const mp3Frames = Uint8Array.from({ length: 768 }, (_, at) => [0xff, 0xfb, 0x94, 0][at % 384] ?? 0);
const id3 = Uint8Array.of(0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, 2, 0, 0);
const opus = (() => {
  const bytes = new Uint8Array(28 + 19 + 27);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string) => bytes.set(new TextEncoder().encode(word), at);
  text(0, "OggS");
  text(28, "OpusHead");
  view.setUint16(38, 480, true);
  text(47, "OggS");
  view.setBigInt64(53, 48_480n, true);
  return bytes;
})();

describe("what is to be played", () => {
  it.each([
    ["wav", wavFile(1, 1, 8000, 16, new Uint8Array(160)), 10],
    ["wav", wavFile(1, 2, 44_100, 16, new Uint8Array(17_640)), 100],
    ["mp3", mp3Frames, 48],
    ["mp3", Uint8Array.from([...id3, ...mp3Frames]), 48],
    ["ogg", opus, 1000],
  ] as const)("is a %s file: %# of %i ms", (form, bytes, ms) => {
    expect(formOf(bytes)).toBe(form);
    expect(durationMsOf(bytes, form)).toBe(ms);
  });

  it("is sent as samples when it needs no decoding, else as a file", async () => {
    const pcm = bytesOf(Int16Array.of(1, 2, 3));
    expect(wavOf(wavFile(1, 1, 16_000, 16, pcm))).toMatchObject({ linear16: true, sampleRate: 16_000 });
    expect(await sourceOf(wavFile(1, 1, 16_000, 16, pcm), 8000)).toMatchObject({ kind: "samples", sampleRate: 16_000 });
    for (const file of [wavFile(7, 1, 8000, 8, pcm), wavFile(1, 2, 8000, 16, pcm), wavFile(1, 1, 44_100, 16, pcm), mp3Frames]) {
      expect(await sourceOf(file, 8000)).toMatchObject({ kind: "file", bytes: file });
    }
  });

  it("is read from a path or a URL", async () => {
    const folder = await mkdtemp(join(tmpdir(), "piopiy-stream-"));
    const file = join(folder, "a.wav");
    await writeFile(file, wavFile(1, 1, 8000, 16, bytesOf(Int16Array.of(5))));
    for (const where of [file, pathToFileURL(file), pathToFileURL(file).href]) expect(await sourceOf(where, 16_000)).toMatchObject({ kind: "samples", sampleRate: 8000 });
    await rm(folder, { recursive: true });
  });

  it.each([
    ["text that is no file", "no such file", "no such file"],
    ["an address elsewhere", "https://example.com/a.wav", "fetch it"],
    ["bytes that are no file", new Uint8Array(400), "neither a WAV"],
    ["a number", 5, "Int16Array of samples"],
    ["nothing", undefined, "Int16Array of samples"],
  ])("is not %s", async (_, audio, message) => {
    await expect(Reflect.apply(sourceOf, undefined, [audio, 8000])).rejects.toMatchObject({ code: "validation", field: "audio", message: expect.stringContaining(message) });
  });
});
