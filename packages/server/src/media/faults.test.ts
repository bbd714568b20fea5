import { describe, expect, it } from "vitest";
import { badNetwork, windowsWithout, type BadNetwork, type End } from "./bad-network.test.support.ts";
import type { Faults } from "../shaper.test.support.ts";

/** 5 % of all packets are lost, 2 % come twice, and each comes up to 60 ms sooner or later than the mean, out of order. */
const BAD: Faults = { loss: 0.05, duplicates: 0.02, spreadMs: 120 };
/** As it begins: until the first packet has come, and waits for its turn. */
const BEGINNING = 200 * 8;
const SEEDS = [1, 2, 3, 4, 5];
const KEYS = "1234567890*#ABCD11223344556677889900";

const missing = (hz: number, samples: Int16Array) => windowsWithout(hz, samples.subarray(BEGINNING));

/** Both press all keys at once while both talk. */
async function press(network: BadNetwork, ends: readonly End[], keys = KEYS): Promise<void> {
  await network.run(1000);
  for (const end of ends) end.press(keys);
  await network.run(keys.length * 160 + 1000);
}

describe("5 % loss, 60 ms jitter, packets that come twice and out of order", () => {
  it.each(SEEDS)("leave a call intelligible, for the parties, the recording and the bot (%d)", async (seed) => {
    const network = badNetwork(seed, BAD);
    const { phone, server } = network.call(440, 617);
    await network.run(20_000);
    for (const { counts } of network.shapers) {
      expect(counts.sent).toBe(1000);
      expect(counts.lost).toBeGreaterThan(20);
      expect(counts.doubled).toBeGreaterThan(5);
      expect(counts.overtaken).toBeGreaterThan(200);
    }
    for (const [end, hz] of [[server, 440], [phone, 617]] as const) {
      expect(missing(hz, end.recorded())).toEqual([]);
      expect(missing(hz, end.listened())).toEqual([]);
      expect(Math.abs(end.listened().length - end.recorded().length)).toBeLessThan(300 * 8);
      expect(end.session.counters.packetsDiscarded).toBeLessThan(80);
    }
  });

  it.each(SEEDS)("leave a bridge of two such calls intelligible (%d)", async (seed) => {
    const network = badNetwork(seed, BAD);
    const one = network.call(440, 0);
    const other = network.call(617, 0);
    one.server.talking = other.server.talking = false;
    one.server.session.partners.add(other.server.session.heard);
    other.server.session.partners.add(one.server.session.heard);
    await network.run(20_000);
    const joined = 600 * 8;
    expect(windowsWithout(617, one.phone.recorded().subarray(joined))).toEqual([]);
    expect(windowsWithout(440, other.phone.recorded().subarray(joined))).toEqual([]);
  });

  it.each(SEEDS)("change no key that is pressed as an event: none is lost, none comes twice (%d)", async (seed) => {
    const network = badNetwork(seed, BAD);
    const { phone, server } = network.call(440, 617);
    await press(network, [phone, server]);
    expect([server.digits(), phone.digits()]).toEqual([KEYS, KEYS]);
  });

  it.each(SEEDS)("change no key that is pressed as a tone (%d)", async (seed) => {
    const network = badNetwork(seed, BAD);
    const { phone, server } = network.call(440, 617, { asEvents: false });
    phone.talking = false;
    // Where the pause between two equal keys is lost nobody can tell them apart: no key comes twice in a row.
    const keys = "1234567890*#ABCD9182736450";
    await press(network, [phone], keys);
    expect(server.digits()).toBe(keys);
  });
});

describe("a network that loses much", () => {
  it.each(SEEDS)("changes no key that is pressed as an event at 20 % loss (%d)", async (seed) => {
    const network = badNetwork(seed, { loss: 0.2, duplicates: 0.05, spreadMs: 60 });
    const { phone, server } = network.call(440, 617);
    await press(network, [phone, server]);
    expect([server.digits(), phone.digits()]).toEqual([KEYS, KEYS]);
  });
});
