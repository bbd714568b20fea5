import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBotAudioFrame, readServerAudioFrame, writeAudioFrame } from "./frame.ts";

const pcm = Uint8Array.of(0x34, 0x12, 0xff);

/** In words, as an object, and as bytes. */
const fromBot = [
  ["plain", { utterance: 1, last: false, live: false, pcm }, [1, 0, 0, 0, 1, 0, 0, 0, 0x34, 0x12, 0xff]],
  ["the last", { utterance: 258, last: true, live: false, pcm }, [1, 1, 0, 0, 2, 1, 0, 0, 0x34, 0x12, 0xff]],
  ["live", { utterance: 0xffff_ffff, last: false, live: true, pcm }, [1, 2, 0, 0, 255, 255, 255, 255, 0x34, 0x12, 0xff]],
  ["empty, live and the last", { utterance: 5, last: true, live: true, pcm: new Uint8Array() }, [1, 3, 0, 0, 5, 0, 0, 0]],
] as const;

const fromServer = [
  ["the first", { position: 0, silence: false, pcm }, [1, 0, 0, 0, 0, 0, 0, 0, 0x34, 0x12, 0xff]],
  ["silence", { position: 160, silence: true, pcm }, [1, 1, 0, 0, 160, 0, 0, 0, 0x34, 0x12, 0xff]],
  ["just before positions begin again", { position: 0xffff_ff60, silence: false, pcm }, [1, 0, 0, 0, 0x60, 255, 255, 255, 0x34, 0x12, 0xff]],
] as const;

describe("a frame of the bot", () => {
  it.each(fromBot)("is written and read: %s", (_, frame, bytes) => {
    expect([...writeAudioFrame(frame)]).toEqual(bytes);
    expect(readBotAudioFrame(Uint8Array.from(bytes))).toEqual(frame);
  });

  it("needs no flags", () => {
    expect([...writeAudioFrame({ utterance: 1, pcm })].slice(0, 4)).toEqual([1, 0, 0, 0]);
  });

  it.each([0, -1, 1.5, 2 ** 32, Number.NaN])("has no utterance %d", (utterance) => {
    expect(() => writeAudioFrame({ utterance, pcm })).toThrow(new RangeError("utterance must be a whole number from 1 to 4294967295."));
  });
});

describe("a frame of the server", () => {
  it.each(fromServer)("is written and read: %s", (_, frame, bytes) => {
    expect([...writeAudioFrame(frame)]).toEqual(bytes);
    expect(readServerAudioFrame(Uint8Array.from(bytes))).toEqual(frame);
  });

  it("counts modulo 2^32, however long the stream lasts", () => {
    expect(readServerAudioFrame(writeAudioFrame({ position: 3 * 2 ** 32 + 7, pcm }))).toMatchObject({ position: 7, silence: false });
    expect(() => writeAudioFrame({ position: -1, pcm })).toThrow(RangeError);
    expect(() => writeAudioFrame({ position: 0.5, pcm })).toThrow(RangeError);
  });
});

describe("reading", () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])("refuses %i bytes", (length) => {
    const issue = `must begin with a header of 8 bytes; got ${length}`;
    const bytes = writeAudioFrame({ utterance: 1, pcm }).subarray(0, length);
    expect(readBotAudioFrame(bytes)).toEqual({ issue });
    expect(readServerAudioFrame(bytes)).toEqual({ issue });
  });

  it.each([0, 2, 123, 255])("refuses a frame of kind %i", (kind) => {
    const bytes = Uint8Array.from([kind, 0, 0, 0, 1, 0, 0, 0, 1, 2]);
    expect(readBotAudioFrame(bytes)).toEqual({ issue: `must be of kind 1 (audio) in byte 0; got ${kind}` });
    expect(readServerAudioFrame(bytes)).toEqual({ issue: `must be of kind 1 (audio) in byte 0; got ${kind}` });
  });

  it("refuses the utterance 0 of a bot", () => {
    expect(readBotAudioFrame(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))).toEqual({
      issue: "must have the id of an utterance, 1 to 4294967295, in bytes 4 to 7; got 0",
    });
  });

  it("passes over what later versions may say", () => {
    expect(readBotAudioFrame(Uint8Array.of(1, 0xfc, 9, 9, 1, 0, 0, 0))).toMatchObject({ utterance: 1, last: false, live: false });
  });

  it("copies nothing, from any place in memory", () => {
    const memory = new Uint8Array(64);
    memory.set(writeAudioFrame({ utterance: 77, last: true, pcm }), 3);
    const frame = readBotAudioFrame(memory.subarray(3, 3 + 11));
    expect(frame).toEqual({ utterance: 77, last: true, live: false, pcm });
    if ("issue" in frame) throw new Error(frame.issue);
    expect(frame.pcm.buffer).toBe(memory.buffer);
    expect(frame.pcm.byteOffset).toBe(11);
  });
});

describe("properties", () => {
  const audio = fc.uint8Array({ maxLength: 700 });

  it("what is written is what is read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffff_ffff }), fc.boolean(), fc.boolean(), audio, (utterance, last, live, bytes) => {
        const bot = { utterance, last, live, pcm: bytes };
        expect(readBotAudioFrame(writeAudioFrame(bot))).toEqual(bot);
        const server = { position: utterance, silence: last, pcm: bytes };
        expect(readServerAudioFrame(writeAudioFrame(server))).toEqual(server);
      }),
      { seed: 20_263, numRuns: 500 },
    );
  });

  it("any bytes are a frame that is written as the same bytes, or an issue", () => {
    fc.assert(
      fc.property(fc.oneof(audio, audio.map((bytes) => Uint8Array.of(1, 3, 0, 0, ...bytes))), (bytes) => {
        for (const frame of [readBotAudioFrame(bytes), readServerAudioFrame(bytes)]) {
          if ("issue" in frame) {
            expect(frame.issue).toMatch(/^must/);
            continue;
          }
          const written = writeAudioFrame(frame);
          expect(written.subarray(4)).toEqual(bytes.slice(4));
        }
      }),
      { seed: 20_264, numRuns: 1000 },
    );
  });
});
