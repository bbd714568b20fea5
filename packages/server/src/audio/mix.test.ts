import { describe, expect, it } from "vitest";
import { concatSamples } from "../base/index.ts";
import { collect, sourceOf } from "./chunks.ts";
import { interleave, mix, mixInto } from "./mix.ts";
import { silenceSource, toneSamples, toneSource } from "./tone.ts";

describe("mix", () => {
  const cases: readonly (readonly [string, readonly number[], readonly number[], readonly number[]])[] = [
    ["adds", [1, -2, 3], [10, 20, 30], [11, 18, 33]],
    ["stays at the limits", [30_000, -30_000], [30_000, -30_000], [32_767, -32_768]],
    ["is as long as the longest", [1], [1, 2, 3], [2, 2, 3]],
    ["takes nothing for silence", [], [5], [5]],
  ];
  it.each(cases)("%s", (_, one, other, sum) => {
    expect([...mix(Int16Array.from(one), Int16Array.from(other))]).toEqual(sum);
  });

  it("adds at an offset and leaves out what does not fit", () => {
    expect([...mixInto(Int16Array.of(1, 1, 1), Int16Array.of(5, 5, 5), 2)]).toEqual([1, 1, 6]);
    expect([...mixInto(Int16Array.of(1, 1), Int16Array.of(5), 9)]).toEqual([1, 1]);
  });

  it("interleaves two channels, the shorter one filled up", () => {
    expect([...interleave(Int16Array.of(1, 2), Int16Array.of(9))]).toEqual([1, 9, 2, 0]);
  });
});

describe("sources", () => {
  it("give their samples in order, every time they are read", async () => {
    const samples = Int16Array.from({ length: 10_000 }, (_, at) => at);
    const source = sourceOf(samples, "file");
    expect(await collect(source)).toEqual(samples);
    expect(await collect(source)).toEqual(samples);
  });

  it("a tone is the same in chunks and at once", async () => {
    const tone = { frequencyHz: 440, durationMs: 330, level: 0.5 };
    expect(await collect(toneSource(tone))).toEqual(toneSamples(tone));
  });

  it("a tone without a duration does not end", async () => {
    const samples = await collect(toneSource({ frequencyHz: 440 }), 65_000);
    expect(samples.length).toBe(65_000 * 8);
    expect(Math.max(...samples.subarray(-400))).toBeGreaterThan(8000);
  });

  it("silence is silence of the right length", async () => {
    expect(await collect(silenceSource(50))).toEqual(concatSamples([new Int16Array(400)]));
  });
});
