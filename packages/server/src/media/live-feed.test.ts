import { describe, expect, it } from "vitest";
import { toneSamples } from "../audio/index.ts";
import type { FeedResult } from "./feed.ts";
import { Playout } from "./playout.ts";
import { newCounters } from "./statistics.ts";

const FRAME = 160;
const MINUTE = 60_000;
const LEVEL_HZ = 250;
const tone = toneSamples({ frequencyHz: LEVEL_HZ, durationMs: 60_000 });
/** What the tone changes by from one sample to the next, at most. */
const STEEPEST = Math.max(...tone.subarray(1, 100).map((sample, index) => Math.abs(sample - (tone[index] ?? 0))));

/** A feed of a tone that a turn takes from every 20 ms, on time that is only counted. */
function fed(live?: "surely" | "likely") {
  let result: FeedResult | undefined;
  const underruns: number[] = [];
  const playout = new Playout(newCounters(), {
    used: (_, samples) => (used += samples),
    playing: () => undefined,
    played: (_, how) => (result = how),
    marked: () => undefined,
    underrun: (_, frames) => underruns.push(frames),
  });
  playout.add(1, "stream", { live });
  const frame = new Int16Array(FRAME);
  let [nowMs, pushed, used, at, before, steepest] = [7, 0, 0, 0, 0, 0];
  const turn = () => {
    playout.read(frame, nowMs);
    playout.sent();
    for (const sample of frame) {
      steepest = Math.max(steepest, Math.abs(sample - before));
      before = sample;
    }
  };
  const push = (samples: number) => {
    for (let left = samples; left > 0; ) {
      const part = tone.subarray(at, at + left);
      playout.append(1, part, nowMs);
      at = (at + part.length) % tone.length;
      left -= part.length;
    }
    pushed += samples;
  };
  return {
    push,
    /** Time passes; in every millisecond `send` may push something. */
    pass(ms: number, send: (nowMs: number) => void = () => undefined) {
      for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
        nowMs += 1;
        send(nowMs);
        if (nowMs % 20 === 0) turn();
      }
    },
    /** Time passes in which no turn is taken. */
    stall(ms: number, send: (nowMs: number) => void) {
      for (const untilMs = nowMs + ms; nowMs < untilMs; ) send((nowMs += 1));
      playout.skip(ms / 20);
    },
    /** What was pushed and not used, to a fifth of a second; negative numbers cannot be. */
    waitingMs: () => (pushed - used) / 8,
    pushedMs: () => pushed / 8,
    /** What has become of it; nothing more can be pushed. */
    finish() {
      playout.flush(1);
      return result!;
    },
    underruns,
    /** The largest step from one sample to the next. */
    steepest: () => steepest,
  };
}

/** Sends frames by a clock that is as much faster than ours. */
function byClock(feed: ReturnType<typeof fed>, faster: number, samples = FRAME) {
  let dueMs = 0;
  return (nowMs: number) => {
    if (dueMs === 0) dueMs = nowMs;
    for (; dueMs <= nowMs; dueMs += samples / 8 / (1 + faster)) feed.push(samples);
  };
}

/** What lies ready once the feed is over: what was pushed and neither heard nor left out. */
function delayAtEnd(feed: ReturnType<typeof fed>): number {
  const { heardMs, skippedMs } = feed.finish();
  return feed.pushedMs() - heardMs - skippedMs;
}

describe("a live feed", () => {
  it.each([0.01, 0.05, -0.01, 0.0001])("is as late after an hour as at its start, with a clock that is off by %f", (faster) => {
    const feed = fed("likely");
    feed.pass(60 * MINUTE, byClock(feed, faster));
    expect(feed.waitingMs()).toBeLessThan(500);
    const pushedMs = feed.pushedMs();
    const { heardMs, skippedMs, underrunMs } = feed.finish();
    expect(pushedMs - heardMs - skippedMs).toBeLessThanOrEqual(faster === 0.05 ? 200 : 60);
    expect(Math.abs(skippedMs - Math.max(0, faster) * 60 * MINUTE)).toBeLessThan(300);
    expect(Math.abs(underrunMs - Math.max(0, -faster) * 60 * MINUTE)).toBeLessThan(100);
  });

  it("comes in larger pieces, too", () => {
    const feed = fed("likely");
    feed.pass(10 * MINUTE, byClock(feed, 0.01, 1600));
    expect(delayAtEnd(feed)).toBeLessThanOrEqual(200 + 40);
  });

  it("is cut where nobody hears it", () => {
    const feed = fed("likely");
    feed.pass(MINUTE, byClock(feed, 0.02));
    expect(feed.steepest()).toBeLessThan(STEEPEST * 1.3);
    expect(feed.finish().skippedMs).toBeGreaterThan(900);
  });

  it("makes up for a stall also after pauses that were none", () => {
    const feed = fed("likely");
    for (let word = 0; word < 5; word++) {
      feed.pass(800, byClock(feed, 0));
      feed.pass(1000);
    }
    const send = byClock(feed, 0);
    feed.pass(5000, send);
    feed.pass(300);
    feed.pass(20_000, send);
    expect(feed.finish().skippedMs).toBeGreaterThanOrEqual(240);
  });

  it("makes up for what a stall of ours left behind", () => {
    const feed = fed("likely");
    const send = byClock(feed, 0);
    feed.pass(5000, send);
    feed.stall(400, send);
    feed.pass(20_000, send);
    expect(feed.finish().skippedMs).toBeGreaterThanOrEqual(360);
  });

  it("makes up for what a stall held back", () => {
    for (const stallMs of [100, 300, 1000]) {
      const feed = fed("likely");
      const send = byClock(feed, 0);
      feed.pass(10_000, send);
      feed.pass(stallMs);
      // All that was held back comes at once.
      feed.pass(20_000, send);
      expect(feed.underruns.length).toBe(1);
      const pushedMs = feed.pushedMs();
      const { heardMs, skippedMs, underrunMs } = feed.finish();
      expect(pushedMs - heardMs - skippedMs).toBeLessThanOrEqual(60);
      expect(Math.abs(skippedMs - underrunMs)).toBeLessThanOrEqual(40);
    }
  });

  it.each([
    ["all at once", (feed: ReturnType<typeof fed>) => feed.push(10 * 8000)],
    ["at twice the speed of time", (feed: ReturnType<typeof fed>) => feed.pass(5000, byClock(feed, 1))],
    ["in pieces, with pauses in which it is heard to its end", (feed: ReturnType<typeof fed>) => {
      for (let piece = 0; piece < 4; piece++) {
        feed.push(2 * 8000);
        feed.pass(3500);
      }
    }],
    ["with a lead that it keeps", (feed: ReturnType<typeof fed>) => {
      feed.push(600 * 8);
      feed.pass(20_000, byClock(feed, 0));
    }],
    ["with a lead that the network nearly uses up now and then", (feed: ReturnType<typeof fed>) => {
      feed.push(500 * 8);
      const send = byClock(feed, 0);
      for (let round = 0; round < 10; round++) {
        feed.pass(4000, send);
        feed.pass(400);
      }
      feed.pass(4000, send);
    }],
  ])("is heard in full when it speaks ahead on purpose: %s", (_, speak) => {
    const feed = fed("likely");
    speak(feed);
    feed.pass(30_000);
    const { heardMs, skippedMs } = feed.finish();
    expect([skippedMs, Math.abs(feed.pushedMs() - heardMs) < 20]).toEqual([0, true]);
  });

  it.each(["surely", "likely"] as const)("does not stay late for what held it up before it began, when it is %s live", (live) => {
    const feed = fed(live);
    feed.push(300 * 8);
    feed.pass(20_000, byClock(feed, 0));
    expect(feed.underruns).toEqual([]);
    expect(delayAtEnd(feed)).toBeLessThanOrEqual(50);
  });

  it.each(["surely", "likely"] as const)("does not stay late for a stall in its first second, when it is %s live", (live) => {
    const feed = fed(live);
    const send = byClock(feed, 0);
    feed.pass(300, send);
    feed.pass(200);
    feed.pass(20_000, send);
    expect(delayAtEnd(feed)).toBeLessThanOrEqual(50);
  });

  it("keeps a small lead once it has proved to be of use", () => {
    const feed = fed("likely");
    feed.push(200 * 8);
    const send = byClock(feed, 0);
    for (let round = 0; round < 10; round++) {
      feed.pass(4000, send);
      feed.pass(150);
    }
    feed.pass(4000, send);
    expect(feed.underruns.length).toBeLessThanOrEqual(2);
    expect(feed.finish().skippedMs).toBeLessThanOrEqual(300);
  });
});

describe("any other feed", () => {
  it("is heard in full, however late", () => {
    const feed = fed();
    const send = byClock(feed, 0.05);
    feed.pass(10_000, send);
    feed.pass(500);
    feed.pass(10_000, send);
    feed.pass(5000);
    const { heardMs, skippedMs } = feed.finish();
    expect([skippedMs, Math.abs(feed.pushedMs() - heardMs) < 20]).toEqual([0, true]);
  });
});
