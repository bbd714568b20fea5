import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../base/index.ts";
import { createLingering, type Rest } from "./lingering.ts";

describe("what is left of answered transactions", () => {
  const rest = (merge: string): Rest => ({ merge });

  it("is known for its time, each for its own, and needs one timer for all", async () => {
    const clock = new VirtualClock();
    const forgotten: string[] = [];
    const lingering = createLingering(clock, 32_000, (key) => forgotten.push(key));
    lingering.add("one", rest("m1"));
    await clock.advance(1000);
    lingering.add("two", rest("m2"));
    lingering.add("three", rest("m3"));
    expect([clock.timers, lingering.size]).toEqual([1, 3]);
    await clock.advance(30_999);
    expect(lingering.get("one")).toEqual(rest("m1"));
    await clock.advance(1);
    expect([lingering.get("one"), lingering.get("two"), forgotten]).toEqual([undefined, rest("m2"), ["one"]]);
    await clock.advance(1000);
    expect([lingering.size, clock.timers, forgotten]).toEqual([0, 0, ["one", "two", "three"]]);
  });

  it("begins anew when all are gone, tells nothing of those taken out, and leaves no timer when closed", async () => {
    const clock = new VirtualClock();
    const forgotten: string[] = [];
    const lingering = createLingering(clock, 32_000, (key) => forgotten.push(key));
    lingering.add("one", rest("m1"));
    lingering.delete("one");
    await clock.advance(32_000);
    expect([forgotten, clock.timers]).toEqual([[], 0]);
    lingering.add("two", rest("m2"));
    expect(clock.timers).toBe(1);
    lingering.close();
    expect([clock.timers, lingering.size]).toEqual([0, 0]);
  });
});
