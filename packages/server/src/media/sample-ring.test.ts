import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Places } from "./places.ts";
import { SampleRing } from "./sample-ring.ts";

const CAPACITY = 256;
const place = fc.integer({ min: 0, max: 0xffff_ffff });
const count = fc.integer({ min: 0, max: CAPACITY });

describe("Places", () => {
  it("counts, takes and frees as an array of booleans does", () => {
    const step = fc.record({ what: fc.constantFrom("fill", "clear"), from: place, count });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), place, count, (steps, from, asked) => {
        const places = new Places(CAPACITY);
        const model = Array.from({ length: CAPACITY }, () => false);
        for (const one of steps) {
          if (one.what === "fill") places.fill(one.from, one.count);
          else places.clear(one.from, one.count);
          for (let at = one.from; at < one.from + one.count; at++) model[at % CAPACITY] = one.what === "fill";
        }
        const expected = Array.from({ length: asked }, (_, index) => model[(from + index) % CAPACITY]).filter(Boolean).length;
        expect(places.count(from, asked)).toBe(expected);
        expect(places.has(from)).toBe(model[from % CAPACITY]);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe("SampleRing", () => {
  /** Tells apart which table was used. */
  const double = Int16Array.from({ length: 256 }, (_, code) => 2 * code);
  const triple = Int16Array.from({ length: 256 }, (_, code) => 3 * code);
  const bytes = Uint8Array.of(9, 1, 2, 3, 4, 9);
  const read = (ring: SampleRing, from: number, length: number) => {
    const into = new Int16Array(length).fill(-7);
    const present = ring.take(from, into);
    return { present, samples: [...into] };
  };

  it.each([
    ["codes", (ring: SampleRing) => ring.writeCodes(250, bytes, 1, 4, double), [2, 4, 6, 8]],
    ["samples", (ring: SampleRing) => ring.write(250, Int16Array.of(5, 6, 7, 8)), [5, 6, 7, 8]],
    ["samples behind codes", (ring: SampleRing) => {
      ring.writeCodes(250, bytes, 1, 2, double);
      ring.write(252, Int16Array.of(7, 8));
    }, [2, 4, 7, 8]],
    ["codes behind samples", (ring: SampleRing) => {
      ring.write(250, Int16Array.of(5, 6));
      ring.writeCodes(252, bytes, 1, 2, double);
    }, [5, 6, 2, 4]],
    ["codes of another table behind codes", (ring: SampleRing) => {
      ring.writeCodes(250, bytes, 1, 2, double);
      ring.writeCodes(252, bytes, 1, 2, triple);
    }, [2, 4, 3, 6]],
    ["codes after it was cleared of samples", (ring: SampleRing) => {
      ring.write(250, Int16Array.of(5, 6));
      ring.clear();
      ring.writeCodes(250, bytes, 1, 4, triple);
    }, [3, 6, 9, 12]],
  ])("gives %s at their places, once, and leaves the others as they were", (_, write, expected) => {
    const ring = new SampleRing(CAPACITY);
    write(ring);
    expect(ring.isFull(250, 4)).toBe(true);
    expect(read(ring, 249, 6)).toEqual({ present: 4, samples: [-7, ...expected, -7] });
    expect(read(ring, 249, 6).present).toBe(0);
  });

  it.each(["codes", "samples"])("moves %s when it needs more places, also at the end of all timestamps", (kept) => {
    for (const start of [0, 250, 0xffff_ffff - 300, 0xffff_ffff - 20]) {
      const ring = new SampleRing(CAPACITY, 64);
      const write = (at: number) => {
        if (kept === "codes") ring.writeCodes(at, bytes, 1, 4, double);
        else ring.write(at, Int16Array.of(2, 4, 6, 8));
      };
      write(start);
      write(start + 58);
      // A step back: what was written last would lie where the first one does now.
      ring.reach((start - 4) >>> 0, 4);
      write((start - 4) >>> 0);
      ring.reach((start - 4) >>> 0, 200);
      write(start + 190);
      const places = [start - 4, start, start + 58, start + 190];
      expect(places.map((at) => read(ring, at, 4))).toEqual(places.map(() => ({ present: 4, samples: [2, 4, 6, 8] })));
      expect(ring.drop((start - 4) >>> 0, CAPACITY)).toBe(0);
    }
  });

  it("drops what nobody reads", () => {
    const ring = new SampleRing(CAPACITY);
    ring.writeCodes(10, bytes, 1, 4, double);
    expect([ring.drop(8, 4), ring.drop(8, 100), ring.isEmptyAt(10)]).toEqual([2, 2, true]);
  });
});
