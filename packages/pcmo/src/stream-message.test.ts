import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStreamMessage } from "./index.ts";

const audio = { audioDataType: "raw", sampleRate: 8000, audioData: "AAEC" };

describe("a message of a bot", () => {
  it.each([
    [{ type: "streamAudio", data: audio }, { type: "audio", ...audio }],
    [{ type: "streamAudio", data: { ...audio, audioDataType: "mp3", sampleRate: 16_000, audioData: "AAE=" } }, { type: "audio", audioDataType: "mp3", sampleRate: 16_000, audioData: "AAE=" }],
    [{ action: "pause" }, { type: "control", action: "pause" }],
    [{ action: "resume" }, { type: "control", action: "resume" }],
    [{ action: "stop" }, { type: "control", action: "stop" }],
    [{ action: "break" }, { type: "control", action: "break" }],
    [[{ action: "hangup" }], { type: "flow", flow: [{ action: "hangup" }] }],
  ])("%j", (message, value) => {
    expect(parseStreamMessage(message)).toEqual({ ok: true, value, warnings: [] });
    expect(parseStreamMessage(JSON.stringify(message))).toEqual({ ok: true, value, warnings: [] });
  });

  it.each([
    ["not json", "", "must be JSON"],
    ["7", "", "must be an object or a list of actions; got a number"],
    [{}, "", 'must have type ("streamAudio") or action ("pause", "resume", "stop" or "break"); got neither'],
    [{ type: "audio", data: audio }, "/type", 'must be "streamAudio"; got "audio"'],
    [{ type: "streamAudio" }, "/data", "is missing; must be an object"],
    [{ type: "streamAudio", data: { ...audio, audioDataType: "pcm" } }, "/data/audioDataType", 'must be "raw", "mp3", "wav" or "ogg"; got "pcm"'],
    [{ type: "streamAudio", data: { ...audio, sampleRate: "8000" } }, "/data/sampleRate", 'must be 8000 or 16000, as a number; got "8000"'],
    [{ type: "streamAudio", data: { ...audio, audioData: "AAE" } }, "/data/audioData", "must be base64 text of 4 to 8388608 characters; got text"],
    [{ type: "streamAudio", data: { ...audio, audioData: "A=AA" } }, "/data/audioData", "must be base64 text of 4 to 8388608 characters; got text"],
    [{ action: "clear" }, "/action", 'must be "pause", "resume", "stop" or "break"; got "clear"'],
    [[{ action: "speak" }], "/0/text", "is missing; must be text of at most 10000 characters"],
  ])("%j is refused", (message, path, words) => {
    expect(parseStreamMessage(message)).toEqual({ ok: false, issues: [{ path, message: words }] });
  });

  it("carries the warnings of its flow", () => {
    expect(parseStreamMessage([{ action: "hangup", x: 1 }])).toMatchObject({ ok: true, warnings: [{ path: "/0/x" }] });
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withNullPrototype: true }), fc.string(), fc.json()), (frame) => {
        expect(typeof parseStreamMessage(frame).ok).toBe("boolean");
      }),
      { seed: 20_263, numRuns: 500 },
    );
  });
});
