import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Spurt } from "./spurt.ts";

const AHEAD = 1000;

/** A feed that only takes; and what it has been given, samples and marks in their order. */
function taking() {
  const given: (number | string)[] = [];
  let [samples, ended] = [0, false];
  const feed = {
    push(portion: Int16Array) {
      expect(ended).toBe(false);
      samples += portion.length;
      given.push(...portion);
    },
    mark: (mark: number) => void given.push(`mark ${mark}`),
    pause: () => undefined,
    end: () => void (ended = true),
    flush: () => undefined,
    result: new Promise<never>(() => undefined),
  };
  return {
    feed, given,
    get samples() {
      return samples;
    },
    get ended() {
      return ended;
    },
  };
}

type Step = { readonly do: "push" | "used" | "drop"; readonly samples: number } | { readonly do: "mark" | "end" };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("push" as const, "push" as const, "used" as const, "drop" as const), samples: fc.integer({ min: 0, max: 1500 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("mark" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("end" as const, "mark" as const) }) },
);

describe("what is said in one go", () => {
  it("is handed over in its order, no further ahead than told, and what is dropped is the oldest of the rest", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const taken = taking();
        const spurt = new Spurt(taken.feed, AHEAD);
        /** What was not handed over, by a model that keeps every sample. */
        let waiting: (number | string)[] = [];
        const expected: (number | string)[] = [];
        let [next, ahead, over] = [0, 0, false];
        const forward = () => {
          while (waiting.length > 0 && (typeof waiting[0] === "string" || ahead < AHEAD)) {
            const first = waiting.shift()!;
            expected.push(first);
            if (typeof first === "number") ahead += 1;
          }
        };
        for (const what of steps) {
          if (what.do === "end") {
            spurt.end();
            over = true;
          } else if (what.do === "mark" && !over) {
            next += 1;
            spurt.mark(next);
            waiting.push(`mark ${next}`);
          } else if (what.do === "push") {
            const samples = Int16Array.from({ length: what.samples }, (_, at) => (next + at) % 30_000);
            spurt.push(samples);
            if (!over) waiting.push(...samples);
            if (!over) next += samples.length;
          } else if (what.do === "used") {
            const used = Math.min(what.samples, ahead);
            spurt.used(used);
            ahead -= used;
          } else if (what.do === "drop") {
            let left = what.samples;
            const kept: (number | string)[] = [];
            for (const one of waiting) {
              if (typeof one === "number" && left > 0) left -= 1;
              else kept.push(one);
            }
            expect(spurt.drop(what.samples)).toBe(what.samples - left);
            waiting = kept;
          }
          forward();
          expect(spurt.queued).toBe(ahead + waiting.filter((one) => typeof one === "number").length);
        }
        expect(taken.given).toEqual(expected);
        expect(taken.ended).toBe(over && waiting.length === 0);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
