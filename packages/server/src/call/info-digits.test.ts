import { describe, expect, it } from "vitest";
import { utf8 } from "../base/index.ts";
import { digitOfInfo } from "./info-digits.ts";

describe("digitOfInfo", () => {
  it.each([
    ["application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"],
    ["application/dtmf-relay", "Signal= #\r\nDuration= 160", "#"],
    ["Application/DTMF-Relay;x=1", "duration=100\nSIGNAL=a\n", "A"],
    ["application/dtmf-relay", "Signal=10\r\n", "*"],
    ["application/dtmf-relay", "Signal=11\r\n", "#"],
    ["application/dtmf", "7", "7"],
    ["application/dtmf", " *\r\n", "*"],
    ["application/dtmf", "", null],
    ["application/dtmf", "77", null],
    ["application/dtmf-relay", "Duration=160", null],
    ["application/dtmf-relay", "\u0000\uffff", null],
    ["text/plain", "5", undefined],
    [undefined, "5", undefined],
  ])("%s %j: %s", (type, body, digit) => {
    expect(digitOfInfo(type, utf8(body))).toBe(digit);
  });
});
