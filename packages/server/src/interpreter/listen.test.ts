import { describe, expect, it } from "vitest";
import { tonesPresent, toneSource } from "../audio/index.ts";
import { concatSamples, scope, VirtualClock } from "../base/index.ts";
import { SimLeg } from "../simulator/index.ts";
import { companyOf } from "./company.ts";
import { listenTo } from "./listen.ts";

const info = { direction: "outbound", from: "1", to: "2" } as const;
/** What simulated parties say, and what is played to the flow's. */
const [voice, played] = [200, 1000];

describe("what a stream hears", () => {
  // Alone, then in a bridge; the flow's party speaks in the first and the third second, the other one in the third only.
  it.each([
    ["caller", [[voice], [], [voice]]],
    ["callee", [[voice], [], [voice]]],
    ["both", [[voice, played], [played], [voice, played]]],
  ] as const)("as %s", async (mode, expected) => {
    const clock = new VirtualClock();
    const [leg, other] = [new SimLeg(clock, "a", info), new SimLeg(clock, "b", info)];
    const company = companyOf(leg);
    const chunks: Int16Array[] = [];
    const stop = listenTo(mode, leg, company)((samples) => chunks.push(samples));
    const playing = leg.play(toneSource({ frequencyHz: played }), scope(leg.signal).signal);
    const second = async () => {
      await clock.advance(1000);
      return tonesPresent(concatSamples(chunks.splice(0)).subarray(800, 7200), [voice, played]);
    };
    leg.talk(1000);
    const heard = [await second()];
    const leave = company.join(other);
    if (mode === "callee") leg.talk(1000);
    heard.push(await second());
    (mode === "callee" ? other : leg).talk(1000);
    heard.push(await second());
    leave();
    leg.talk(1000);
    if (mode !== "both") expect(await second()).toEqual([voice]);
    expect(heard).toEqual(expected);
    stop();
    await leg.hangup();
    await playing;
    expect(clock.timers).toBe(0);
  });
});
