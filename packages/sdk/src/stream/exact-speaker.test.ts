import { readBotAudioFrame } from "@piopiy/pcmo";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createCredit } from "./credit.ts";
import { createExactSpeaker } from "./exact-speaker.ts";
import { ramp } from "./fake-server.test.support.ts";
import { samplesOf } from "./framing.ts";
import { manualClock } from "./manual-clock.test.support.ts";
import type { Source } from "./source.ts";
import { createWire } from "./wire.ts";

// Whatever a bot asks for in whatever order, and however the network breaks: what is sent is what was to be said, in its
// order, and everything that was asked for resolves.

type Step =
  | { readonly do: "play"; readonly pieces: readonly number[]; readonly live: boolean }
  | { readonly do: "clear"; readonly which: number | undefined }
  | { readonly do: "abort"; readonly which: number }
  | { readonly do: "mark" } | { readonly do: "lose" } | { readonly do: "return" } | { readonly do: "wait" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("play" as const), pieces: fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 6 }), live: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const), which: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const), which: fc.integer({ min: 0, max: 7 }) }) },
  { weight: 4, arbitrary: fc.constantFrom({ do: "mark" as const }, { do: "lose" as const }, { do: "return" as const }, { do: "wait" as const }) },
);
const tick = () => new Promise((resolve) => void setImmediate(resolve));

it("says what is to be said, in its order, and settles everything", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const wire = createWire();
      const clock = manualClock();
      const sent: (string | Uint8Array)[] = [];
      const attach = () => wire.attach((frame) => void sent.push(frame));
      attach();
      const speaker = createExactSpeaker({ clock, wire, credit: createCredit(clock, 1e9), sampleRate: 8000, messageBytes: 1e6, first: 1 });
      const plays: { readonly said: readonly number[]; readonly live: boolean; readonly stop: AbortController }[] = [];
      const results: Promise<unknown>[] = [];
      for (const one of steps) {
        if (one.do === "play") {
          const pieces = one.pieces.map((length, at) => ramp(length, at * 31));
          const stop = new AbortController();
          plays.push({ said: pieces.flatMap((piece) => [...piece]), live: one.live, stop });
          const samples = (async function* () {
            for (const piece of pieces) {
              await tick();
              yield piece;
            }
          })();
          const source: Source = { kind: "samples", sampleRate: 8000, samples };
          results.push(speaker.say(Promise.resolve(source), { live: one.live, signal: stop.signal }));
        } else if (one.do === "clear") results.push(speaker.clear(one.which));
        else if (one.do === "abort") plays[one.which]?.stop.abort();
        else if (one.do === "mark") results.push(speaker.mark(undefined));
        else if (one.do === "lose") wire.detach();
        else if (one.do === "return") attach();
        else await tick();
      }
      attach();
      for (let at = 0; at < 8; at++) await tick();
      speaker.over();
      await Promise.all(results);

      const frames = sent.filter((frame) => typeof frame !== "string").map((frame) => readBotAudioFrame(frame));
      const order = frames.map((frame) => ("issue" in frame ? 0 : frame.utterance));
      expect(order).toEqual([...order].sort((a, b) => a - b));
      for (const [index, { said, live }] of plays.entries()) {
        const got = frames.flatMap((frame) => ("issue" in frame || frame.utterance !== index + 1 ? [] : Array.from(samplesOf(frame.pcm))));
        if (!live) expect(got).toEqual(said.slice(0, got.length));
        expect(got.length).toBeLessThanOrEqual(said.length);
      }
      const texts = sent.filter((frame) => typeof frame === "string").map((text): { type: string; utterance?: number } => JSON.parse(text));
      const ends = texts.filter(({ type }) => type === "end").map(({ utterance }) => utterance);
      expect(new Set(ends).size).toBe(ends.length);
    }),
    { seed: 4, numRuns: 60 },
  );
});
