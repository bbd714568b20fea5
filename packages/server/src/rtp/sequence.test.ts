import { describe, expect, it } from "vitest";
import { sequenceDistance, sequenceTracker, timestampDistance, type SequenceVerdict } from "./index.ts";

describe("distances on the circle", () => {
  it.each([
    [1, 0, 1],
    [0, 1, -1],
    [0, 65_535, 1],
    [65_535, 0, -1],
    [32_767, 0, 32_767],
    [32_768, 0, -32_768],
  ])("of sequence numbers %i and %i", (a, b, distance) => expect(sequenceDistance(a, b)).toBe(distance));

  it.each([
    [160, 0, 160],
    [0, 0xffffffff, 1],
    [0xffffff60, 0, -160],
  ])("of timestamps %i and %i", (a, b, distance) => expect(timestampDistance(a, b)).toBe(distance));
});

describe("a sequence tracker", () => {
  it.each<{ name: string; pushed: readonly number[]; verdicts: readonly SequenceVerdict[]; received: number; lost: number }>([
    { name: "in order", pushed: [1, 2, 3], verdicts: ["next", "next", "next"], received: 3, lost: 0 },
    { name: "over the wrap", pushed: [65_534, 65_535, 0, 1], verdicts: ["next", "next", "next", "next"], received: 4, lost: 0 },
    { name: "a hole", pushed: [1, 2, 5], verdicts: ["next", "next", "next"], received: 3, lost: 2 },
    { name: "a hole filled late", pushed: [1, 3, 2], verdicts: ["next", "next", "reordered"], received: 3, lost: 0 },
    { name: "twice", pushed: [1, 2, 2, 1], verdicts: ["next", "next", "duplicate", "duplicate"], received: 2, lost: 0 },
    { name: "from before the first", pushed: [10, 9], verdicts: ["next", "too_old"], received: 1, lost: 0 },
    { name: "one stray jump", pushed: [1, 2, 30_000, 3], verdicts: ["next", "next", "jumped", "next"], received: 3, lost: 0 },
    { name: "a jump that is confirmed", pushed: [1, 2, 30_000, 30_001], verdicts: ["next", "next", "jumped", "next"], received: 3, lost: 0 },
    { name: "holes before a jump are kept", pushed: [1, 4, 30_000, 30_001], verdicts: ["next", "next", "jumped", "next"], received: 3, lost: 2 },
  ])("$name", ({ pushed, verdicts, received, lost }) => {
    const tracker = sequenceTracker(1);
    expect(pushed.map((sequence) => tracker.push(sequence))).toEqual(verdicts);
    expect(tracker).toMatchObject({ received, lost });
  });

  it("keeps a source on probation until packets come in sequence (RFC 3550 A.1)", () => {
    const tracker = sequenceTracker();
    expect([5, 900, 901, 902].map((sequence) => tracker.push(sequence))).toEqual(["probation", "probation", "next", "next"]);
    expect(tracker).toMatchObject({ received: 2, lost: 0 });
  });

  it("counts through many wraps with one packet in a hundred lost", () => {
    const tracker = sequenceTracker(1);
    for (let number = 0; number < 200_000; number++) if (number % 100 !== 50) tracker.push(number & 0xffff);
    expect(tracker).toMatchObject({ received: 198_000, lost: 2000 });
  });
});
