import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pcmBytes } from "../../audio/index.ts";
import { running } from "./bot-stream-run.test.support.ts";
import { compatibleDialect } from "./compatible.ts";

// Bots that know of no utterances: what they say is heard as one sound, however it is cut and whenever they interrupt it.

type Step =
  | { readonly do: "say"; readonly samples: number; readonly cuts: readonly number[]; readonly json: boolean }
  | { readonly do: "break" | "nonsense" }
  | { readonly do: "pass"; readonly turns: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("say" as const), samples: fc.integer({ min: 0, max: 20_000 }), json: fc.boolean(),
      cuts: fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("break" as const, "nonsense" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pass" as const), turns: fc.integer({ min: 1, max: 40 }) }) },
);

type Run = ReturnType<typeof running>;

function say(run: Run, { samples, cuts, json }: Extract<Step, { do: "say" }>, value: number): void {
  const bytes = pcmBytes(new Int16Array(samples).fill(value));
  const ends = [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
  ends.forEach((end, index) => {
    const part = bytes.subarray(ends[index - 1] ?? 0, end);
    const data = { audioDataType: "raw", sampleRate: 8000, audioData: Buffer.from(part).toString("base64") };
    // A message without audio is none in this form.
    if (json && part.length > 0) run.socket.says({ type: "streamAudio", data });
    else run.socket.says(new Uint8Array(part));
  });
}

describe("a stream in the compatible form", () => {
  it("is heard as it was said, but for what was interrupted", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const run = running({ dialect: compatibleDialect, keepMs: 0 });
        /** What has to be heard: what was said since the last interruption, behind what had been heard before that. */
        let expected: number[] = [];
        let [received, value] = [0, 0];
        for (const what of steps) {
          if (what.do === "pass") await run.pass(what.turns);
          if (what.do === "nonsense") run.socket.says("?");
          if (what.do === "break") {
            run.socket.says({ action: "break" });
            expected = [...run.call.heard()];
          }
          if (what.do === "say") {
            value += 1;
            say(run, what, value);
            received += what.samples;
            expected.push(...new Int16Array(what.samples).fill(value));
          }
        }
        run.socket.gone(1000);
        await run.clock.advance(0);
        const { totals } = await run.over();
        expect([...run.call.heard()]).toEqual(expected);
        expect(Math.abs(totals.playedMs - expected.length / 8)).toBeLessThanOrEqual(run.call.feeds.length);
        expect(totals).toMatchObject({ receivedMs: Math.round(received / 8), droppedMs: 0 });
        expect(run.told).toEqual([]);
        expect([run.clock.timers, run.call.listeners, run.call.playing]).toEqual([0, 0, 0]);
      }),
      { seed: 43, numRuns: 40 },
    );
  }, 20_000);

  it("ends when the media plane is gone", async () => {
    const run = running({ dialect: compatibleDialect });
    const feed = run.call.line.feed;
    Object.assign(run.call.line, {
      feed: (...options: Parameters<typeof feed>) => {
        const made = feed(...options);
        return { ...made, push: () => undefined, end: () => undefined, flush: () => undefined, result: Promise.reject(new Error("its thread has died")) };
      },
    });
    run.socket.says(new Uint8Array(320));
    run.life.close();
    expect((await run.over()).totals).toMatchObject({ receivedMs: 20, playedMs: 0 });
    expect(run.clock.timers).toBe(0);
  });
});
