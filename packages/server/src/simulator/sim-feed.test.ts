import { describe, expect, it } from "vitest";
import { VirtualClock } from "../base/index.ts";
import type { FeedOptions } from "../media/index.ts";
import { SimLeg } from "./sim-leg.ts";

/** A feed of a leg without a network, and what it tells, each with its time. */
function fed(options: FeedOptions = {}) {
  const clock = new VirtualClock();
  const leg = new SimLeg(clock, "leg", { direction: "outbound", from: "1", to: "2" });
  const told: string[] = [];
  const note = (what: string) => told.push(`${clock.monotonicMs()} ${what}`);
  const hooks = {
    marked: (mark: number) => note(`marked ${mark}`),
    used: (samples: number) => note(`used ${samples}`),
    underrun: (frames: number) => note(`underrun ${frames}`),
  };
  const feed = leg.audio.feed({ hooks, ...options });
  void feed.result.then(({ complete, heardMs, skippedMs, underrunMs }) => note(`${complete ? "complete" : "cut"} ${heardMs} ${skippedMs} ${underrunMs}`));
  const push = (ms: number) => feed.push(new Int16Array(ms * 8).fill(5));
  return { clock, leg, feed, told, push };
}

describe("a simulated feed", () => {
  it("takes the time its samples last, however they were cut, and tells when marks are reached", async () => {
    const { clock, feed, told, push } = fed();
    push(15);
    push(45);
    feed.mark(1);
    push(35);
    feed.end();
    await clock.advance(200);
    expect(told).toEqual(["60 marked 1", "95 complete 95 0 0"]);
  });

  it("tells an underrun when something comes again, and what was used when nothing is left", async () => {
    const { clock, feed, told, push } = fed();
    push(40);
    await clock.advance(100);
    push(20);
    feed.end();
    await clock.advance(100);
    expect(told).toEqual(["40 used 320", "100 underrun 3", "120 complete 60 0 60"]);
  });

  it("counts nothing while it is paused", async () => {
    const { clock, feed, told, push } = fed();
    push(40);
    await clock.advance(40);
    feed.pause(true);
    await clock.advance(500);
    push(40);
    await clock.advance(500);
    feed.pause(false);
    feed.end();
    await clock.advance(100);
    expect(told.filter((entry) => !entry.includes("used"))).toEqual(["1080 complete 80 0 0"]);
  });

  it("says what was heard when it is flushed", async () => {
    const { clock, feed, told, push } = fed();
    push(1000);
    feed.mark(1);
    await clock.advance(110);
    feed.flush();
    await clock.advance(1000);
    expect(told).toEqual(["110 cut 100 0 0"]);
  });

  it("tells what was used five times a second", async () => {
    const { clock, told, push } = fed();
    push(1000);
    await clock.advance(1100);
    expect(told).toEqual([200, 400, 600, 800, 1000].map((atMs) => `${atMs} used 1600`));
  });

  it("makes up for the delay of a stall when it is live, and only then", async () => {
    for (const live of ["surely", undefined] as const) {
      const { clock, feed, told, push } = fed(live ? { live } : {});
      const talk = async (ms: number) => {
        for (let passed = 0; passed < ms; passed += 20) {
          push(20);
          await clock.advance(20);
        }
      };
      await talk(5000);
      await clock.advance(100);
      push(100);
      await talk(15_000);
      feed.end();
      await clock.advance(500);
      const [, , heardMs, skippedMs, underrunMs] = told.at(-1)!.split(" ").map(Number);
      expect(heardMs! + skippedMs!).toBe(20_100);
      expect(underrunMs).toBe(100);
      expect([skippedMs! >= 60, skippedMs! <= 100]).toEqual([live !== undefined, true]);
    }
  });

  it("ends with its leg", async () => {
    const { clock, leg, told, push } = fed();
    push(1000);
    await clock.advance(50);
    leg.peerHangup();
    await clock.advance(0);
    expect(told).toEqual(["50 cut 40 0 0"]);
    expect(clock.timers).toBe(0);
  });
});
