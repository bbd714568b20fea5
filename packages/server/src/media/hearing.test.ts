import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hearing, type Arrival } from "./hearing.ts";

/** A listener whose packets are given by their number: number n holds 20 ms that begin with n, due at n × 20 ms. */
function listening() {
  const heard: number[] = [];
  const atMs: number[] = [];
  let nowMs = 0;
  const hearing = new Hearing(0, (frame) => {
    expect(frame.length).toBe(160);
    // Its middle: what was made up fades into its beginning.
    heard.push(frame[80] ?? 0);
    atMs.push(nowMs);
  });
  const pass = (untilMs: number) => {
    for (; nowMs + 20 <= untilMs; hearing.elapse(nowMs)) nowMs += 20;
    nowMs = untilMs;
  };
  const take = (number: number, arrival: Arrival = "successor", timestamp = number * 160) =>
    hearing.push(timestamp >>> 0, new Int16Array(160).fill(number), arrival, nowMs);
  /** Packets at their times, then `quietMs` without any. */
  const takeAll = (numbers: readonly number[], offsetMs = 0) => {
    for (const number of numbers) {
      pass(number * 20 + offsetMs);
      take(number);
    }
  };
  return { hearing, heard, atMs, pass, take, takeAll };
}

describe("what is heard ahead of the jitter buffer", () => {
  it("is handed over with its packet, unchanged", () => {
    const { heard, atMs, takeAll } = listening();
    takeAll([1, 2, 3, 4]);
    expect([heard, atMs]).toEqual([[1, 2, 3, 4], [20, 40, 60, 80]]);
  });

  it("is bit-exact for packets of any length", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 480 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 0xffffffff }), (parts, start) => {
        const said = Int16Array.from({ length: parts.reduce((sum, part) => sum + part, 0) }, (_, index) => (index * 7919) % 32_000);
        const heard: number[] = [];
        const hearing = new Hearing(0, (frame) => heard.push(...frame));
        let at = 0;
        for (const part of parts) {
          hearing.push((start + at) >>> 0, said.subarray(at, at + part), "successor", at / 8);
          at += part;
        }
        expect(heard).toEqual([...said.subarray(0, said.length - (said.length % 160))]);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  it("is put in order when packets overtake each other", () => {
    const { heard, pass, take } = listening();
    const order: [number, Arrival][] = [[1, "successor"], [3, "ahead"], [2, "behind"], [6, "ahead"], [5, "behind"], [4, "behind"], [7, "successor"]];
    for (const [index, [number, arrival]] of order.entries()) {
      pass(18 * index);
      take(number, arrival);
    }
    expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("waits 40 ms for a lost packet, then goes on with what makes up for it", () => {
    const { heard, atMs, pass, take } = listening();
    take(100);
    for (const number of [102, 103, 104]) {
      pass((number - 100) * 20);
      take(number, number === 102 ? "ahead" : "successor");
    }
    expect(heard).toEqual([100, 75, 102, 103, 104]);
    expect(atMs).toEqual([0, 80, 80, 80, 80]);
  });

  it("waits longer after packets that came too late, and no longer when none did for five seconds", () => {
    const { heard, atMs, pass, take } = listening();
    const waited = (from: number) => {
      // Its successor comes in time, and the packet itself never.
      for (let number = from + 1; number < from + 10; number++) {
        pass(number * 20);
        take(number, number === from + 1 ? "ahead" : "successor");
      }
      return (atMs[heard.indexOf(from + 1)] ?? 0) - (from + 1) * 20;
    };
    take(0);
    const before = waited(1);
    take(1, "behind");
    take(1, "behind");
    const patient = waited(11);
    for (let number = 21; number < 800; number++) {
      pass(number * 20);
      take(number);
    }
    expect([before, patient, waited(800)]).toEqual([40, 80, 40]);
  });

  it("drops and counts what comes too late or twice", () => {
    const { hearing, heard, take, takeAll } = listening();
    takeAll([1, 2]);
    take(1, "behind");
    takeAll([5]);
    take(5);
    expect(heard.filter((first) => first > 0)).toEqual([1, 2, 5]);
    expect(hearing.late).toBe(2);
  });

  it("is silence by the clock from 60 ms after the last packet, as many frames as time goes on", () => {
    const { heard, atMs, pass, takeAll } = listening();
    takeAll([1, 2]);
    pass(2040);
    expect(heard.length).toBeGreaterThanOrEqual(2 + 97);
    expect(heard.length).toBeLessThanOrEqual(2 + 100);
    expect(heard.slice(2).every((first) => first === 0)).toBe(true);
    expect(atMs[2]).toBe(100);
  });

  it.each([
    ["that counted the time", 100],
    ["that did not", 3],
    ["that began a new count", 1_000_000],
  ])("begins at once after a pause of the sender %s, and loses nothing of it", (_, number) => {
    const { heard, atMs, pass, take, takeAll } = listening();
    takeAll([1, 2]);
    pass(2000);
    for (let after = 0; after < 5; after++) {
      pass(2000 + after * 20);
      take(10 + after, "successor", (number + after) * 160);
    }
    expect(heard.filter((first) => first > 0)).toEqual([1, 2, 10, 11, 12, 13, 14]);
    expect(atMs[heard.indexOf(10)]).toBe(2000);
    expect(Math.abs(heard.length - 105)).toBeLessThanOrEqual(3);
  });

  it("loses nothing when the network holds back and then brings all at once, and counts no time twice", () => {
    const { heard, pass, take } = listening();
    let number = 1;
    for (let round = 0; round < 20; round++) {
      for (let even = 0; even < 10; even++) {
        pass(number * 20);
        take(number++);
      }
      const held = number;
      pass((number + 5) * 20);
      for (; number < held + 6; number++) take(number);
    }
    expect(heard.filter((first) => first > 0)).toEqual(Array.from({ length: number - 1 }, (_, index) => index + 1));
    expect(heard.length - (number - 1)).toBeLessThanOrEqual(6);
  });

  it("is silence from the beginning when nothing comes, and while nobody may hear it", () => {
    const { hearing, heard, pass, takeAll } = listening();
    pass(1000);
    expect(heard.length).toBeGreaterThanOrEqual(47);
    hearing.silent = true;
    takeAll([51, 52, 53]);
    hearing.silent = false;
    takeAll([54, 55]);
    expect(heard.slice(-5)).toEqual([0, 0, 0, 54, 55]);
    expect(Math.abs(heard.length - 55)).toBeLessThanOrEqual(2);
  });

  it("goes on with another source", () => {
    const { hearing, heard, take, takeAll } = listening();
    takeAll([1, 2]);
    hearing.restart(40);
    take(7, "successor", 123_456);
    expect(heard).toEqual([1, 2, 7]);
  });

  it("never fails, and follows the time, whatever comes", () => {
    const packet = fc.record({ timestamp: fc.integer({ min: 0, max: 0xffffffff }), samples: fc.integer({ min: 0, max: 3000 }), afterMs: fc.integer({ min: 0, max: 100 }), arrival: fc.constantFrom<Arrival>("successor", "ahead", "behind") });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 40 }), (packets) => {
        const { hearing, heard, pass } = listening();
        let [nowMs, came] = [0, 0];
        for (const { timestamp, samples, afterMs, arrival } of packets) {
          pass((nowMs += afterMs));
          came += Math.ceil(samples / 160) + 26;
          hearing.push(timestamp, new Int16Array(samples).fill(7), arrival, nowMs);
        }
        expect(heard.length).toBeLessThanOrEqual(nowMs / 20 + came);
        pass(nowMs + 2000);
        expect(heard.length).toBeGreaterThanOrEqual(nowMs / 20 + 30);
      }),
      { seed: 20 },
    );
  });
});
