import { describe, expect, it } from "vitest";
import { renderQuality } from "./quality-metrics.ts";

const none = { bounds: [1, 2], counts: [0, 0, 0], sum: 0 };

describe("how legs were, for Prometheus", () => {
  it("is told in cumulative buckets, with their sum and count", () => {
    const text = renderQuality({
      receivedMos: { bounds: [3.5, 4.2], counts: [1, 2, 4], sum: 28.5 },
      sentMos: none, receivedJitter: none, sentJitter: none, receivedLoss: none, sentLoss: none,
      roundTrip: { bounds: [0.1], counts: [3, 1], sum: 0.75 },
    });
    expect(text.split("\n").slice(0, 7)).toEqual([
      "# HELP piopiy_leg_mos Estimated mean opinion score of a leg (ITU-T G.107), 1 to 4.4",
      "# TYPE piopiy_leg_mos histogram",
      'piopiy_leg_mos_bucket{direction="received",le="3.5"} 1',
      'piopiy_leg_mos_bucket{direction="received",le="4.2"} 3',
      'piopiy_leg_mos_bucket{direction="received",le="+Inf"} 7',
      'piopiy_leg_mos_sum{direction="received"} 28.5',
      'piopiy_leg_mos_count{direction="received"} 7',
    ]);
    expect(text.split("\n").slice(-6)).toEqual([
      "# TYPE piopiy_leg_round_trip_seconds histogram",
      'piopiy_leg_round_trip_seconds_bucket{le="0.1"} 3',
      'piopiy_leg_round_trip_seconds_bucket{le="+Inf"} 4',
      "piopiy_leg_round_trip_seconds_sum 0.75",
      "piopiy_leg_round_trip_seconds_count 4",
      "",
    ]);
  });
});
