import { describe, expect, it } from "vitest";
import { party, userPart } from "./party.ts";

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

describe("userPart", () => {
  it.each([
    ["918068921234", "918068921234"],
    ["+91", "+91"],
    ["a b@c", "a%20b%40c"],
    ["\ud800", "%EF%BF%BD"],
    ["evil\r\nVia: x", "evil%0D%0AVia%3A%20x"],
  ])("%j is sent as %s", (name, sent) => {
    expect(userPart(name)).toBe(sent);
  });
});
