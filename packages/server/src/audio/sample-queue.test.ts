import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SampleQueue } from "./sample-queue.ts";

type Step = { readonly do: "append" | "take" | "peek" | "drop"; readonly samples: number };
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("append" as const, "append" as const, "take" as const, "peek" as const, "drop" as const),
  samples: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 400 }), fc.constantFrom(159, 160, 1599, 1600, 2000)),
});

/** `count` samples from `first` on, each another one, in memory of their own. */
const samplesFrom = (first: number, count: number) => Int16Array.from({ length: count }, (_, at) => (first + at) % 30_000);

describe("a queue of samples", () => {
  it("has them in their order, however they came and are taken", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new SampleQueue();
        let model: number[] = [];
        let next = 0;
        for (const what of steps) {
          if (what.do === "append") {
            const samples = samplesFrom(next, what.samples);
            queue.append(samples);
            model.push(...samples);
            next += what.samples;
          } else if (what.do === "drop") {
            queue.drop(what.samples);
            model = model.slice(what.samples);
          } else {
            const into = new Int16Array(what.samples);
            const to = queue[what.do](into, 0);
            expect([...into.subarray(0, to)]).toEqual(model.slice(0, what.samples));
            if (what.do === "take") model = model.slice(what.samples);
          }
          expect(queue.length).toBe(model.length);
        }
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  // Against the same samples in whole frames, at the same moment on the same machine.
  it("takes no longer for a minute that came sample by sample", () => {
    const minute = samplesFrom(0, 480_000);
    const msFor = (portion: number) => {
      const queue = new SampleQueue();
      for (let at = 0; at < minute.length; at += portion) queue.append(minute.subarray(at, at + portion));
      const into = new Int16Array(160);
      const startMs = process.cpuUsage().user;
      for (let frame = 0; frame < 2000; frame++) queue.take(into, 0);
      return process.cpuUsage().user - startMs;
    };
    msFor(160);
    const [frames, single] = [msFor(160), msFor(1)];
    expect(single).toBeLessThan(10 * frames + 20_000);
  });
});
