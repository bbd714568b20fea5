import { describe, expect, it } from "vitest";
import { createQualityCount } from "./quality-figures.ts";

const heard = { lossPercent: 1, jitterMs: 5, rFactor: 90, mos: 4.3 };

describe("how legs were", () => {
  it("is counted by the bound that a value does not exceed, and summed", () => {
    const count = createQualityCount();
    count.add({ received: heard, sent: { ...heard, mos: 1, lossPercent: 50 }, roundTripMs: 3000 });
    count.add({ received: { ...heard, mos: 4.31, jitterMs: 5.1 } });
    const { receivedMos, sentMos, receivedJitter, sentLoss, roundTrip } = count.figures;
    expect(receivedMos).toEqual({ bounds: [1.5, 2, 2.5, 3, 3.5, 3.8, 4, 4.2, 4.3, 4.4], counts: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0], sum: 8.61 });
    expect(sentMos.counts).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(receivedJitter.counts.slice(2, 4)).toEqual([1, 1]);
    expect([sentLoss.counts.at(-1), sentLoss.sum]).toEqual([1, 0.5]);
    expect([roundTrip.counts.at(-1), roundTrip.sum]).toEqual([1, 3]);
  });
});
