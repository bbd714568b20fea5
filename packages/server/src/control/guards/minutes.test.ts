import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../base/index.ts";
import { createMinutes } from "./minutes.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const names = ["everybody", "app:1"] as const;

async function at(sinceMidnightMs: number) {
  const clock = new VirtualClock();
  await clock.advance(DAY - (clock.now() % DAY) + sinceMidnightMs);
  return clock;
}

function leg(ended: string[], name: string) {
  return () => void ended.push(name);
}

describe("minutes of a day", () => {
  it("end all legs at the moment in which together they have used them up", async () => {
    const clock = await at(0);
    const minutes = createMinutes(clock, new Map([["everybody", 10]]));
    const ended: string[] = [];
    const over = minutes.begin(names, leg(ended, "a"));
    await clock.advance(4 * MINUTE);
    const other = minutes.begin(names, leg(ended, "b"));
    expect(minutes.leftMs(names)).toBe(6 * MINUTE);
    await clock.advance(3 * MINUTE - 1);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual(["a", "b"]);
    over();
    other();
    expect(minutes.leftMs(names)).toBe(0);
    expect(clock.timers).toBe(0);
  });

  it("are counted for the app and for everybody, whichever is used up first", async () => {
    const clock = await at(0);
    const minutes = createMinutes(clock, new Map([["everybody", 3], ["app:1", 2]]));
    const ended: string[] = [];
    minutes.begin(names, leg(ended, "one"));
    minutes.begin(["everybody", "app:2"], leg(ended, "two"));
    await clock.advance(1.5 * MINUTE);
    expect(ended).toEqual(["one", "two"]);
  });

  it("begin anew at midnight, also for legs that are up", async () => {
    const clock = await at(DAY - 2 * MINUTE);
    const minutes = createMinutes(clock, new Map([["app:1", 5]]));
    const ended: string[] = [];
    minutes.begin(names, leg(ended, "a"));
    expect(minutes.untilTomorrowMs()).toBe(2 * MINUTE);
    await clock.advance(3 * MINUTE);
    expect(minutes.leftMs(names)).toBe(4 * MINUTE);
    await clock.advance(4 * MINUTE - 1);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual(["a"]);
  });

  it("count what was used before, of this day only", async () => {
    const clock = await at(60 * MINUTE);
    const minutes = createMinutes(clock, new Map([["app:1", 10]]));
    const midnight = minutes.todayMs();
    minutes.add(names, midnight - 5 * MINUTE, midnight + 2 * MINUTE);
    minutes.add(names, midnight + 10 * MINUTE, midnight + 13 * MINUTE);
    minutes.add(names, midnight - 9 * MINUTE, midnight - 8 * MINUTE);
    expect(minutes.leftMs(names)).toBe(5 * MINUTE);
  });

  it("have no end where there is no budget", async () => {
    const clock = await at(0);
    const minutes = createMinutes(clock, new Map());
    minutes.begin(names, () => {
      throw new Error("ended");
    });
    await clock.advance(DAY);
    expect(minutes.leftMs(names)).toBe(Infinity);
    expect(clock.timers).toBe(0);
  });
});
