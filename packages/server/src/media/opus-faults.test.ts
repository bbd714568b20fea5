import { describe, expect, it } from "vitest";
import { tonePower } from "../audio/index.ts";
import { badNetwork } from "./bad-network.test.support.ts";

const SEEDS = [1, 2, 3, 4, 5];
const KEYS = "1234567890*#ABCD11223344556677889900";
/** As it begins: until the first packet has come, and waits for its turn. */
const BEGINNING = 400 * 8;

const WINDOW = 1600;
const PIECE = 200;
/** Of three frames lost in ten, each made up to less than its power. */
const LEAST_SHARE = 0.45;

/**
 * When (ms) 200 ms did not hold the tone. Behind what was made up a wave goes on in another phase, so that of a longer
 * piece the halves may cancel out for the meter, though not for the ear: the pieces are short.
 */
function windowsWithout(hz: number, samples: Int16Array): readonly number[] {
  const powers = Array.from({ length: Math.floor(samples.length / PIECE) }, (_, index) => tonePower(samples.subarray(index * PIECE, (index + 1) * PIECE), hz));
  const pieces = WINDOW / PIECE;
  return powers.flatMap((_, from) => {
    const window = powers.slice(from, from + pieces);
    return window.length === pieces && window.reduce((sum, power) => sum + power) / pieces < LEAST_SHARE ? [(from * PIECE) / 8] : [];
  });
}

describe("Opus at 5 % loss, 60 ms jitter, with packets that come twice and out of order", () => {
  it.each(SEEDS)("stays intelligible, for the parties, the recording and the bot (%d)", async (seed) => {
    const network = badNetwork(seed, { loss: 0.05, duplicates: 0.02, spreadMs: 120 });
    const { phone, server } = network.call(440, 617, { codec: "opus" });
    await network.run(20_000);
    for (const { counts } of network.shapers) {
      expect(counts.lost).toBeGreaterThan(20);
      expect(counts.overtaken).toBeGreaterThan(200);
    }
    for (const [end, hz] of [[server, 440], [phone, 617]] as const) {
      expect(windowsWithout(hz, end.recorded().subarray(BEGINNING))).toEqual([]);
      expect(windowsWithout(hz, end.listened().subarray(BEGINNING))).toEqual([]);
      expect(Math.abs(end.listened().length - end.recorded().length)).toBeLessThan(300 * 8);
      expect(end.session.counters.packetsDiscarded).toBeLessThan(80);
      end.session.end();
    }
  });

  it.each(SEEDS)("changes no key (%d)", async (seed) => {
    const network = badNetwork(seed, { loss: 0.05, duplicates: 0.02, spreadMs: 120 });
    const { phone, server } = network.call(440, 617, { codec: "opus" });
    await network.run(1000);
    for (const end of [phone, server]) end.press(KEYS);
    await network.run(KEYS.length * 160 + 1000);
    expect([server.digits(), phone.digits()]).toEqual([KEYS, KEYS]);
    for (const end of [phone, server]) end.session.end();
  });
});
