import { expect, it } from "vitest";
import { fromMulaw, toMulaw } from "./mulaw.ts";

it.each([[0xff, 0], [0x7f, 0], [0x80, 32_124], [0x00, -32_124], [0xfe, 8], [0xef, 132]])("byte %i is the sample %i", (byte, sample) => {
  expect(fromMulaw(Uint8Array.of(byte))[0]).toBe(sample);
});

it("gives every byte back, but for the second zero", () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect([...toMulaw(fromMulaw(all))]).toEqual([...all].map((byte) => (byte === 0x7f ? 0xff : byte)));
});

it("clips what is too loud, and is right to a sixteenth", () => {
  expect(fromMulaw(toMulaw(Int16Array.of(32_767, -32_768)))).toEqual(Int16Array.of(32_124, -32_124));
  for (let sample = -32_000; sample <= 32_000; sample += 37) {
    expect(Math.abs(fromMulaw(toMulaw(Int16Array.of(sample)))[0]! - sample)).toBeLessThanOrEqual(Math.abs(sample) / 16 + 8);
  }
});
