import { expect, it } from "vitest";
import { botWords, pcmOf } from "./bot-words.ts";

const pcm = Uint8Array.of(1, 2);

it("says PCM and nothing else in the compatible protocol", () => {
  const words = botWords("compatible");
  expect([words.say(pcm), JSON.parse(words.interrupt)]).toEqual([pcm, { action: "break" }]);
});

it.each([
  ["what is said whole is an utterance of its own, which it ends", false, [[1, 1, 0, 0, 1, 0, 0, 0, 1, 2], [1, 1, 0, 0, 2, 0, 0, 0, 1, 2]]],
  ["what goes on is one live utterance", true, [[1, 2, 0, 0, 1, 0, 0, 0, 1, 2], [1, 2, 0, 0, 1, 0, 0, 0, 1, 2]]],
])("in the exact protocol %s", (_, live, frames) => {
  const words = botWords("v1", live);
  expect([words.say(pcm), words.say(pcm)]).toEqual(frames.map((frame) => Uint8Array.from(frame)));
  expect(JSON.parse(words.interrupt)).toEqual({ type: "clear" });
});

it("has samples little-endian", () => expect(pcmOf(Int16Array.of(0x0102, -2))).toEqual(Uint8Array.of(2, 1, 0xfe, 0xff)));
