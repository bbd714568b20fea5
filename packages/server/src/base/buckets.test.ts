import { describe, expect, it } from "vitest";
import { createBuckets } from "./buckets.ts";
import { VirtualClock } from "./virtual-clock.ts";

const taken = (take: () => boolean, times: number) => Array.from({ length: times }, take).filter(Boolean).length;

describe("token buckets", () => {
  it("let a burst through, then so many a second, for each key by itself", async () => {
    const clock = new VirtualClock();
    const buckets = createBuckets(clock, { burst: 4, perSecond: 2 });
    expect(taken(() => buckets.take("a"), 9)).toBe(4);
    expect(taken(() => buckets.take("b"), 1)).toBe(1);
    expect(buckets.waitMs("a")).toBe(500);
    await clock.advance(499);
    expect(buckets.take("a")).toBe(false);
    await clock.advance(1);
    expect(buckets.waitMs("a")).toBe(0);
    expect(taken(() => buckets.take("a"), 2)).toBe(1);
    await clock.advance(60_000);
    expect(taken(() => buckets.take("a"), 9)).toBe(4);
  });

  it("are so many at most; the one used longest ago is forgotten", () => {
    const buckets = createBuckets(new VirtualClock(), { burst: 2, perSecond: 1 }, 3);
    for (const key of ["a", "a", "b", "c", "b", "d"]) buckets.take(key);
    expect(buckets.size).toBe(3);
    expect(buckets.waitMs("b")).toBe(1000);
    expect(buckets.waitMs("a")).toBe(0);
  });
});
