import { expect, it } from "vitest";
import { echoOf } from "./echo-frames.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

it.each([
  ["repeats PCM as it is", "", bytes(1, 2, 3, 4), bytes(1, 2, 3, 4)],
  ["repeats audio as live audio of one utterance", "piopiy.v1", bytes(1, 1, 0, 0, 9, 9, 9, 9, 5, 6), bytes(1, 2, 0, 0, 1, 0, 0, 0, 5, 6)],
  ["has no answer to another kind of frame", "piopiy.v1", bytes(2, 0, 0, 0, 0, 0, 0, 0), undefined],
  ["has no answer to less than a header", "piopiy.v1", bytes(1, 0, 0), undefined],
])("%s", (_, protocol, frame, answer) => expect(echoOf(protocol)(frame)).toEqual(answer));

it("reads a frame that lies in the midst of others", () => {
  const around = bytes(7, 7, 1, 0, 0, 0, 8, 0, 0, 0, 5, 7);
  expect(echoOf("piopiy.v1")(around.subarray(2, 11))).toEqual(bytes(1, 2, 0, 0, 1, 0, 0, 0, 5));
  expect([around[1], around[11]]).toEqual([7, 7]);
});
