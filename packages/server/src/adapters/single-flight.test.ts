import { describe, expect, it } from "vitest";
import { createLru } from "./lru.ts";
import { createSingleFlight } from "./single-flight.ts";

const never = new AbortController().signal;

describe("createLru", () => {
  it("gives up what was unused for longest, and tells", () => {
    const evicted: string[] = [];
    const lru = createLru<number>(10, (key) => evicted.push(key));
    lru.set("a", 1, 4);
    lru.set("b", 2, 4);
    expect(lru.get("a")).toBe(1);
    lru.set("c", 3, 4);
    expect([lru.get("a"), lru.get("b"), lru.get("c")]).toEqual([1, undefined, 3]);
    expect([evicted, lru.bytes]).toEqual([["b"], 8]);
  });

  it("counts a replaced value once, and does not keep what is larger than the bound", () => {
    const lru = createLru<number>(10);
    lru.set("a", 1, 6);
    lru.set("a", 2, 7);
    expect([lru.get("a"), lru.bytes]).toEqual([2, 7]);
    lru.set("huge", 3, 11);
    expect([lru.get("huge"), lru.get("a"), lru.bytes]).toEqual([undefined, undefined, 0]);
  });
});

describe("createSingleFlight", () => {
  it("does the work once for all who ask meanwhile, and anew afterwards", async () => {
    const flights = createSingleFlight<number>();
    let runs = 0;
    const work = () => Promise.resolve(++runs);
    expect(await Promise.all([flights.run("k", work, never), flights.run("k", work, never), flights.run("other", work, never)])).toEqual([1, 1, 2]);
    expect(await flights.run("k", work, never)).toBe(3);
    expect(flights.size).toBe(0);
  });

  it("tells everyone of a failure, and forgets it", async () => {
    const flights = createSingleFlight<number>();
    const fails = () => Promise.reject(new Error("no"));
    const both = await Promise.allSettled([flights.run("k", fails, never), flights.run("k", fails, never)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await flights.run("k", () => Promise.resolve(1), never)).toBe(1);
  });

  it("goes on while one still waits, and is given up with the last", async () => {
    const flights = createSingleFlight<number>();
    const [one, two] = [new AbortController(), new AbortController()];
    let shared: AbortSignal | undefined;
    const work = (signal: AbortSignal) => {
      shared = signal;
      return new Promise<number>(() => undefined);
    };
    const first = flights.run("k", work, one.signal);
    const second = flights.run("k", work, two.signal);
    one.abort("first");
    await expect(first).rejects.toBe("first");
    expect(shared!.aborted).toBe(false);
    two.abort("second");
    await expect(second).rejects.toBe("second");
    expect(shared!.aborted).toBe(true);
    expect(await flights.run("k", () => Promise.resolve(5), never)).toBe(5);
  });
});
