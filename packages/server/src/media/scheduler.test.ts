import { describe, expect, it } from "vitest";
import { createScheduler } from "./scheduler.ts";

function recorded(startMs = 0) {
  const turns: string[] = [];
  let [skipped, late] = [0, 0];
  const scheduler = createScheduler(startMs, {
    run: (group, dueMs) => turns.push(`${group}@${dueMs}`),
    skip: (frames, lateMs) => {
      skipped += frames;
      late = Math.max(late, lateMs);
    },
  });
  return { scheduler, turns, skipped: () => skipped, late: () => late };
}

describe("the scheduler", () => {
  it("gives each of the four groups its turn every 20 ms, 5 ms apart", () => {
    const { scheduler, turns } = recorded(1000);
    for (let now = 1000; now <= 1025; now++) scheduler.step(now);
    expect(turns).toEqual(["0@1000", "1@1005", "2@1010", "3@1015", "0@1020", "1@1025"]);
    expect(scheduler.nextMs).toBe(1030);
  });

  it("keeps to the grid however late it is called: no drift", () => {
    const { scheduler, turns, skipped } = recorded();
    for (let now = 0; now < 59_999; now += 6.3) scheduler.step(now);
    scheduler.step(59_999);
    expect(turns.length).toBe(60_000 / 5);
    expect(turns.at(-1)).toBe("3@59995");
    expect(skipped()).toBe(0);
  });

  it("makes up for a short stall in full", () => {
    const { scheduler, turns, skipped } = recorded();
    scheduler.step(0);
    scheduler.step(59);
    expect(turns.length).toBe(12);
    expect(skipped()).toBe(0);
  });

  it("skips what a long stall has made too late, the same for every group", () => {
    const { scheduler, turns, skipped, late } = recorded();
    scheduler.step(0);
    turns.length = 0;
    scheduler.step(1000);
    expect([skipped(), late()]).toEqual([46, 995]);
    expect(turns[0]).toBe("1@925");
    expect(turns.at(-1)).toBe("0@1000");
    expect(turns.length).toBe(16);
  });
});
