import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Playout } from "./playout.ts";
import { newCounters } from "./statistics.ts";

const FRAME = 160;

type Step =
  | { readonly do: "push"; readonly item: number; readonly samples: number }
  | { readonly do: "mark" | "end" | "flush"; readonly item: number }
  | { readonly do: "pause"; readonly item: number; readonly on: boolean }
  | { readonly do: "turns"; readonly count: number; readonly afterMs: number };

/** What a queue of playbacks is to do, said as simply as can be: one array of samples each. */
class Model {
  readonly told: string[] = [];
  readonly heard: number[][] = [];
  readonly items: Item[] = [];

  add(id: number, feed: boolean): void {
    this.items.push({ id, feed, samples: [], passed: 0, ended: false, paused: false, marks: [], flowing: false, wholeMs: 0, missed: 0, missedInAll: 0 });
  }

  perform(step: Exclude<Step, { do: "turns" }>, mark: number, samples: readonly number[], nowMs: number): void {
    const item = this.items.find(({ id }) => id === step.item);
    if (!item) return;
    if (step.do === "push" && !item.ended) {
      if (item.samples.length - item.passed < FRAME) item.wholeMs = nowMs;
      item.samples.push(...samples);
    }
    if (step.do === "mark") {
      item.marks.push({ at: item.samples.length, mark });
      this.#tellMarks(item);
    }
    if (step.do === "pause") item.paused = step.on;
    if (step.do === "end") item.ended = true;
    if (step.do === "flush") this.#remove(item, false);
  }

  /** A frame; undefined: nothing of any playback. */
  turn(nowMs: number): void {
    const frame: number[] = [];
    for (const item of this.items) {
      if (item.paused) break;
      const left = item.samples.length - item.passed;
      const guarded = item.feed && !item.flowing && frame.length === 0 && nowMs - item.wholeMs < 4;
      if (item.ended || (left >= FRAME - frame.length && !guarded)) {
        if (item.missed > 0 && left > 0) {
          if (item.feed) this.told.push(`underrun ${item.missed} of ${item.id}`);
          item.missedInAll += item.missed;
          item.missed = 0;
        }
        const part = item.samples.slice(item.passed, item.passed + FRAME - frame.length);
        frame.push(...part);
        item.passed += part.length;
        item.flowing = true;
      } else if (item.passed > 0) {
        item.missed += 1;
        item.flowing = false;
      }
      if (frame.length === FRAME || !item.ended || item.passed < item.samples.length) break;
    }
    if (frame.length > 0) this.heard.push([...frame, ...Array.from({ length: FRAME - frame.length }, () => 0)]);
    for (let head = this.items[0]; head; head = this.items[0]) {
      this.#tellMarks(head);
      if (!head.ended || head.passed < head.samples.length) break;
      this.#remove(head, true);
    }
  }

  #tellMarks(item: Item): void {
    for (let first = item.marks[0]; first && first.at <= item.passed; first = item.marks[0]) {
      item.marks.shift();
      this.told.push(`marked ${first.mark} in ${item.id}`);
    }
  }

  #remove(item: Item, complete: boolean): void {
    this.items.splice(this.items.indexOf(item), 1);
    this.told.push(`played ${item.id} ${complete} ${Math.round(item.passed / 8)} ${item.missedInAll * 20}`);
  }
}

interface Item {
  readonly id: number;
  readonly feed: boolean;
  readonly samples: number[];
  passed: number;
  ended: boolean;
  paused: boolean;
  readonly marks: { readonly at: number; readonly mark: number }[];
  flowing: boolean;
  wholeMs: number;
  missed: number;
  missedInAll: number;
}

const item = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("push" as const), item, samples: fc.integer({ min: 0, max: 700 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 4 }), afterMs: fc.integer({ min: 0, max: 19 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("mark" as const, "end" as const), item }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("flush" as const), item }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const), item, on: fc.boolean() }) },
);

it("the playout queue does what its model does: audio, marks, underruns, results, in their order", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.array(step, { maxLength: 60 }), (feeds, steps) => {
      const model = new Model();
      const told: string[] = [];
      const heard: number[][] = [];
      const used = new Map<number, number>();
      const came = new Map<number, number>();
      const playout = new Playout(newCounters(), {
        used: (id, samples) => used.set(id, (used.get(id) ?? 0) + samples),
        playing: () => undefined,
        played: (id, { complete, heardMs, underrunMs, skippedMs }) => told.push(`played ${id} ${complete} ${heardMs + skippedMs} ${underrunMs}`),
        marked: (id, mark) => told.push(`marked ${mark} in ${id}`),
        underrun: (id, frames) => told.push(`underrun ${frames} of ${id}`),
      });
      for (const [index, feed] of feeds.entries()) {
        model.add(index + 1, feed);
        playout.add(index + 1, "stream", feed ? { live: undefined } : undefined);
      }
      const frame = new Int16Array(FRAME);
      let [nowMs, next, marks] = [0, 1, 0];
      const turn = (afterMs: number) => {
        nowMs += afterMs;
        const before = model.heard.length;
        model.turn(nowMs);
        playout.read(frame, nowMs);
        playout.sent();
        // A frame that is made up is none of the model's.
        if (model.heard.length > before) heard.push([...frame]);
        nowMs += 20 - afterMs;
      };
      for (const one of steps) {
        if (one.do === "turns") {
          for (let count = 0; count < one.count; count++) turn(one.afterMs);
          continue;
        }
        const samples = one.do === "push" ? Array.from({ length: one.samples }, () => (next = (next % 30_000) + 1)) : [];
        if (one.do === "push") {
          came.set(one.item, (came.get(one.item) ?? 0) + samples.length);
          playout.append(one.item, Int16Array.from(samples), nowMs);
        } else if (one.do === "mark") playout.mark(one.item, (marks += 1));
        else if (one.do === "pause") playout.pause(one.item, one.on);
        else playout[one.do](one.item);
        model.perform(one, marks, samples, nowMs);
      }
      expect(told).toEqual(model.told);
      expect(heard).toEqual(model.heard);
      for (const [id, samples] of used) expect(samples).toBeLessThanOrEqual(came.get(id) ?? 0);
    }),
    { seed: 42, numRuns: 400 },
  );
});
