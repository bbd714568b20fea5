import { describe, expect, it } from "vitest";
import { betterTurn } from "./better-turn.ts";

describe("the turn that suits what has just come", () => {
  // Group 0 is due at 100 ms, then 1 at 105, 2 at 110, 3 at 115.
  it.each([
    ["the next that leaves 4 ms", 3, 0, 96, { group: 0, aheadSlots: 3 }],
    ["not the next if it is due sooner", 3, 0, 97, { group: 1, aheadSlots: 2 }],
    ["nor one that is late already", 3, 0, 102, { group: 2, aheadSlots: 1 }],
    ["its own, if that is the one", 1, 0, 98, undefined],
    ["a little later than its own, if it is ahead", 0, 2, 98, { group: 1, aheadSlots: 1 }],
    ["not later than it began", 0, 0, 98, undefined],
    ["not still more ahead", 3, 1, 96, undefined],
  ])("is %s", (_, group, aheadSlots, nowMs, better) => {
    expect(betterTurn({ group, aheadSlots }, 0, 100, nowMs)).toEqual(better);
  });
});
