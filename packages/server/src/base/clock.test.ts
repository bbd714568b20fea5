import { describe, expect, it, vi } from "vitest";
import { setRepeating, sleep, systemClock } from "./clock.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("VirtualClock", () => {
  it("fires timers in the order of their deadlines, those set meanwhile included", async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimer(20, () => seen.push(`b${clock.monotonicMs()}`));
    clock.setTimer(10, () => {
      seen.push(`a${clock.monotonicMs()}`);
      clock.setTimer(5, () => seen.push(`c${clock.monotonicMs()}`));
    });
    clock.setTimer(31, () => seen.push("late"));
    await clock.advance(30);
    expect(seen).toEqual(["a10", "c15", "b20"]);
    expect(clock.monotonicMs()).toBe(30);
    expect(clock.timers).toBe(1);
  });

  it("lets promise work run between two timers", async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const work = async () => {
      for (let i = 0; i < 3; i++) {
        await sleep(clock, 1000);
        seen.push(clock.monotonicMs());
      }
    };
    const done = work();
    await clock.advance(3000);
    await done;
    expect(seen).toEqual([1000, 2000, 3000]);
  });

  it("runs until a promise settles, and says when nothing would ever settle it", async () => {
    const clock = new VirtualClock();
    await clock.runUntil(sleep(clock, 3_600_000));
    expect(clock.monotonicMs()).toBe(3_600_000);
    await expect(clock.runUntil(new Promise(() => undefined))).rejects.toThrow("nothing happens any more");
  });
});

describe("sleep", () => {
  it("rejects with the signal's reason and takes its timer back", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 1000, controller.signal);
    controller.abort("enough");
    await expect(sleeping).rejects.toBe("enough");
    await expect(sleep(clock, 1, controller.signal)).rejects.toBe("enough");
    expect(clock.timers).toBe(0);
  });
});

describe("setRepeating", () => {
  it("keeps its deadlines and stops when cancelled, also from inside", async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const timer = setRepeating(clock, 20, () => {
      seen.push(clock.monotonicMs());
      if (seen.length === 3) timer.cancel();
    });
    await clock.advance(200);
    expect(seen).toEqual([20, 40, 60]);
    expect(clock.timers).toBe(0);
  });
});

describe("systemClock", () => {
  it("fires and cancels real timers", async () => {
    const seen: string[] = [];
    systemClock.setTimer(1, () => seen.push("cancelled")).cancel();
    const before = systemClock.monotonicMs();
    await sleep(systemClock, 3);
    expect(seen).toEqual([]);
    expect(systemClock.monotonicMs()).toBeGreaterThan(before);
    expect(systemClock.now()).toBeGreaterThan(1_700_000_000_000);
  });

  it("waits for months, which Node's timers cannot", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const seen: string[] = [];
      const month = 31 * 86_400_000;
      systemClock.setTimer(2 * month, () => seen.push("two"));
      const cancelled = systemClock.setTimer(3 * month, () => seen.push("cancelled"));
      vi.advanceTimersByTime(2 * month - 1);
      expect(seen).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(seen).toEqual(["two"]);
      cancelled.cancel();
      vi.advanceTimersByTime(3 * month);
      expect(seen).toEqual(["two"]);
    } finally {
      vi.useRealTimers();
    }
  });
});
