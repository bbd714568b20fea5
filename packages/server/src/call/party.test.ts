import { describe, expect, it } from "vitest";
import { party } from "./party.ts";

describe("party", () => {
  it.each([
    ["918068921234", "918068921234"],
    ["+918068921234", "918068921234"],
    ["%2B918068921234", "918068921234"],
    ["+1-(415).555 2671", "14155552671"],
    ["+14155552671;npdi;rn=1", "14155552671"],
    ["alice", "alice"],
    ["a.smith-2", "a.smith-2"],
    ["100%zz", "100%zz"],
    ["%ff", "%ff"],
    ["", ""],
  ])("%s is %s", (user, expected) => {
    expect(party(user)).toBe(expected);
  });
});
