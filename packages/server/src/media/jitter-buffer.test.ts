import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JitterBuffer } from "./jitter-buffer.ts";

const frame = (value: number, samples = 160) => new Int16Array(samples).fill(value);

/** Reads frames; each is told by the sample in its middle, silence by "-". */
function read(buffer: JitterBuffer, frames: number): (number | "-")[] {
  const into = new Int16Array(160);
  return Array.from({ length: frames }, () => (buffer.read(into, 0) ? (into[79] ?? 0) : "-"));
}

/** A buffer that has got the frames 1, 2, … in the order and at the places given, and reads after each of them. */
function run(order: readonly number[], startTimestamp = 0) {
  const buffer = new JitterBuffer();
  const taken: boolean[] = [];
  const heard = order.flatMap((number) => {
    taken.push(buffer.push((startTimestamp + number * 160) >>> 0, frame(number * 16), 0));
    return read(buffer, 1);
  });
  return { buffer, taken, heard: [...heard, ...read(buffer, 4)] };
}

describe("the jitter buffer", () => {
  it("waits 40 ms, then gives every frame in its place", () => {
    expect(run([1, 2, 3, 4]).heard.slice(0, 6)).toEqual(["-", "-", 16, 32, 48, 64]);
  });

  it.each([
    ["over the wrap of the timestamp", [1, 2, 3, 4], 0xffffff00, [16, 32, 48, 64]],
    ["reordered within the depth", [1, 3, 2, 4], 0, [16, 32, 48, 64]],
    ["twice", [1, 2, 2, 3], 0, [16, 32, 48]],
  ])("gives frames in order: %s", (_, order, start, heard) => {
    expect(run(order, start).heard.slice(2, 2 + heard.length)).toEqual(heard);
  });

  it("takes a packet only once", () => expect(run([1, 2, 2, 3]).taken).toEqual([true, true, false, true]));

  it("makes up a lost frame from the one before, ever more quietly, then gives silence", () => {
    const buffer = new JitterBuffer();
    buffer.push(0, frame(1000), 0);
    expect(read(buffer, 8)).toEqual(["-", "-", 1000, 753, 376, 188, "-", "-"]);
  });

  it("gives silence at once where the sender left audio out on purpose", () => {
    const buffer = new JitterBuffer();
    buffer.push(0, frame(1000), 0);
    read(buffer, 3);
    buffer.pause();
    expect(read(buffer, 2)).toEqual(["-", "-"]);
  });

  it("refuses what comes after its turn, and waits longer from then on", () => {
    const buffer = new JitterBuffer();
    for (let number = 0; number < 4; number++) buffer.push(number * 160, frame(16), 0);
    read(buffer, 4);
    expect(buffer.push(160, frame(16), 0)).toBe(false);
    expect(buffer.depthMs).toBe(60);
  });

  it("never waits longer than 120 ms", () => {
    const buffer = new JitterBuffer();
    for (let number = 0; number < 100; number++) {
      buffer.push(number * 160, frame(16), 0);
      read(buffer, number % 3);
    }
    expect(buffer.depthMs).toBeLessThanOrEqual(120);
  });

  it("takes packets of any length", () => {
    const buffer = new JitterBuffer();
    buffer.push(0, frame(10, 80), 0);
    buffer.push(80, frame(20, 240), 0);
    expect(read(buffer, 4)).toEqual(["-", "-", 10, 20]);
  });

  it("drops the oldest of a burst and counts it, so that the delay stays short", () => {
    const buffer = new JitterBuffer();
    for (let number = 0; number < 20; number++) buffer.push(number * 160, frame(number + 1), 0);
    expect(buffer.dropped).toBeGreaterThan(0);
    const heard = read(buffer, 12);
    expect(heard.indexOf(20)).toBeGreaterThanOrEqual(0);
    expect(heard.indexOf(20)).toBeLessThanOrEqual(7);
  });

  it("follows a sender that begins a new count, forwards or backwards", () => {
    for (const jump of [1_000_000, -1_000_000]) {
      const buffer = new JitterBuffer();
      buffer.push(2_000_000, frame(16), 0);
      read(buffer, 3);
      expect(buffer.push(2_000_000 + jump, frame(48), 0)).toBe(true);
      expect(read(buffer, 3)[2]).toBe(48);
    }
  });

  it("goes on with a sender that paused without counting the time", () => {
    const buffer = new JitterBuffer();
    buffer.push(0, frame(16), 0);
    read(buffer, 20);
    const heard: (number | "-")[] = [];
    for (let number = 1; number < 12; number++) {
      buffer.push(number * 160, frame(number * 16), 0);
      heard.push(...read(buffer, 1));
    }
    expect(heard.at(-1)).toBe((12 - 1 - 2) * 16);
  });

  it("shortens a delay that nothing needs any more", () => {
    const buffer = new JitterBuffer();
    buffer.push(0, frame(16), 0);
    buffer.push(160, frame(16), 0);
    buffer.push(320, frame(16), 0);
    for (let number = 3; number < 1000; number++) {
      buffer.push(number * 160, frame(16), 0);
      read(buffer, 1);
    }
    buffer.push(1000 * 160, frame(999), 0);
    expect(read(buffer, 4).indexOf(999)).toBeLessThanOrEqual(2);
    expect(buffer.dropped).toBe(0);
  });

  it("gives frames of the right length and never throws, whatever comes", () => {
    const packet = fc.record({ timestamp: fc.integer({ min: 0, max: 0xffffffff }), samples: fc.integer({ min: 0, max: 3000 }), reads: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 40 }), (packets) => {
        const buffer = new JitterBuffer();
        for (const { timestamp, samples, reads } of packets) {
          buffer.push(timestamp, frame(7, samples), 0);
          for (const heard of read(buffer, reads)) expect(heard === "-" || (heard >= 0 && heard <= 7)).toBe(true);
        }
      }),
      { seed: 20 },
    );
  });
});

describe("a jitter buffer that is not always heard", () => {
  const table = Int16Array.from({ length: 256 }, (_, code) => 16 * code);

  it("is where it would be if it were, whatever comes, and gives the same from the first frame that is whole", () => {
    const packets = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 10, maxLength: 60 });
    fc.assert(
      fc.property(packets, fc.nat(60), (lateness, heardFrom) => {
        const always = new JitterBuffer();
        const later = new JitterBuffer();
        // A packet is so many frames late, and comes together with the one that is on time.
        const arrivals = lateness.map((late, number) => ({ number, turn: number + (late > 3 ? late : 0) }));
        for (let turn = 0; turn < lateness.length + 8; turn++) {
          for (const { number } of arrivals.filter((one) => one.turn === turn)) {
            const code = Uint8Array.from({ length: 160 }, () => 1 + (number % 250));
            const taken = always.push(number * 160, frame(16 * (1 + (number % 250))), 0);
            expect(later.pushCodes(number * 160, code, 0, 160, table, 0)).toBe(taken);
          }
          const [heard, other] = [new Int16Array(160), new Int16Array(160)];
          const audible = always.read(heard, 0);
          if (turn < heardFrom) later.pass(0);
          else if (later.read(other, 0) && audible && always.missing === 0 && turn > heardFrom + 4) expect(other[159]).toBe(heard[159]);
          expect([later.dropped, later.depthMs]).toEqual([always.dropped, always.depthMs]);
        }
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it("loses nothing of what lay in it when somebody begins to hear", () => {
    const buffer = new JitterBuffer();
    for (const number of [0, 1, 2]) {
      buffer.pushCodes(number * 160, new Uint8Array(160).fill(number + 1), 0, 160, table, 0);
      if (number < 2) buffer.pass(0);
    }
    expect(read(buffer, 3)).toEqual([16, 32, 48]);
  });
});
