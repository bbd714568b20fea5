import { describe, expect, it } from "vitest";
import { VirtualClock, type Clock } from "../base/index.ts";
import { beat, watchBeats } from "./heartbeat.ts";

function watched(clock: Clock = new VirtualClock()) {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const alarms: number[] = [];
  const watch = watchBeats(clock, beats, () => alarms.push(clock.monotonicMs()));
  return { beats, alarms, watch };
}

describe("a thread's heartbeat", () => {
  it("raises no alarm while it goes on, for a day", async () => {
    const clock = new VirtualClock();
    const { beats, alarms, watch } = watched(clock);
    const heart = beat(clock, beats);
    await clock.advance(3_600_000);
    expect(alarms).toEqual([]);
    expect(Atomics.load(beats, 0)).toBe(14_400);
    heart.cancel();
    watch.cancel();
    expect(clock.timers).toBe(0);
  });

  it("raises one alarm 2 s after it has stopped, and is not looked at any more", async () => {
    const clock = new VirtualClock();
    const { beats, alarms } = watched(clock);
    const heart = beat(clock, beats);
    await clock.advance(60_000);
    heart.cancel();
    await clock.advance(60_000);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]! - 60_000).toBeGreaterThanOrEqual(2000);
    expect(alarms[0]! - 60_000).toBeLessThanOrEqual(2500);
    expect(clock.timers).toBe(0);
  });

  it("may be slow: one beat in two seconds will do", async () => {
    const clock = new VirtualClock();
    const { beats, alarms } = watched(clock);
    for (let passed = 0; passed < 100; passed++) {
      await clock.advance(1900);
      Atomics.add(beats, 0, 1);
    }
    expect(alarms).toEqual([]);
  });

  it("raises no alarm where this thread, or the whole machine, has stood still", () => {
    // Timers that are fired by hand, as late as is said.
    let nowMs = 0;
    let due: (() => void) | undefined;
    const clock: Clock = {
      now: () => nowMs,
      monotonicMs: () => nowMs,
      setTimer(_, fire) {
        due = fire;
        return { cancel: () => (due = undefined) };
      },
    };
    const { alarms } = watched(clock);
    const look = (afterMs: number) => {
      nowMs += afterMs;
      due?.();
    };
    for (let times = 0; times < 20; times++) look(3000);
    for (const afterMs of [500, 500, 500, 4000, 500, 500, 500]) look(afterMs);
    expect(alarms).toEqual([]);
    look(500);
    expect(alarms).toHaveLength(1);
  });
});
