import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusedDestination, type Destinations, type Exit, type ServerDestinations } from "./destinations.ts";

const over = (number: string, guard: "free" | "until_told" | "guarded" = "guarded"): Exit => ({ type: "trunk", trunk: "carrier", number, guard });
const reasonOf = (server: ServerDestinations, app: Destinations | undefined, exit: Exit) => refusedDestination(server, app, exit)?.reason;

const INDIA = { country: "91" };
const rows: readonly [what: string, server: ServerDestinations, app: Destinations | undefined, exit: Exit, reason: string | undefined][] = [
  ["a fresh install calls nobody over a carrier", {}, undefined, over("918000000000"), "not_told"],
  ["development calls whom it likes", {}, undefined, over("442000000000", "until_told"), undefined],
  ["once told, development keeps to it", INDIA, undefined, over("442000000000", "until_told"), "not_allowed"],
  ["a phone system of ours is never asked about", INDIA, { deny: ["4"] }, over("442000000000", "free"), undefined],
  ["a national number", INDIA, undefined, over("918000000000"), undefined],
  ["an international number", INDIA, undefined, over("14155550100"), "not_allowed"],
  ["an international number that is listed", { ...INDIA, destinations: ["1415"] }, undefined, over("14155550100"), undefined],
  ["beside what is listed", { ...INDIA, destinations: ["1415"] }, undefined, over("14165550100"), "not_allowed"],
  ["every number", { destinations: ["*"] }, undefined, over("8821600000000"), undefined],
  ["a number that is denied", { destinations: ["*"], deny: ["882"] }, undefined, over("8821600000000"), "denied"],
  ["denied behind an exit code", { destinations: ["*"], deny: ["882"] }, undefined, over("008821600000000"), "denied"],
  ["denied behind the exit code of North America", { destinations: ["*"], deny: ["882"] }, undefined, over("0118821600000000"), "denied"],
  ["denied in the country", { ...INDIA, deny: ["91900"] }, undefined, over("919001234567"), "denied"],
  ["denied, though nobody told what is allowed", { deny: ["44"] }, undefined, over("442000000000", "until_told"), "denied"],
  ["a number of the town", { destinations: ["0"] }, undefined, over("0301234567"), undefined],
  ["no way abroad through a number of the town", { destinations: ["0"] }, undefined, over("00442000000000"), "not_allowed"],
  ["the exit code where it leads home", INDIA, undefined, over("00918000000000"), undefined],
  ["the exit code of North America", { country: "1", destinations: ["0"] }, undefined, over("011442000000000"), "not_allowed"],
  ["the exit code of Japan", { country: "81", destinations: ["0"] }, undefined, over("010442000000000"), "not_allowed"],
  ["the exit code of Japan, where it leads home", { country: "81" }, undefined, over("01081300000000"), undefined],
  ["a number of a town that looks like it elsewhere", { country: "39", destinations: ["0"] }, undefined, over("0105551234"), undefined],
  ["the exit code of Russia", { country: "7", destinations: ["8"] }, undefined, over("810442000000000"), "not_allowed"],
  ["one of Israel's", { country: "972", destinations: ["0"] }, undefined, over("012442000000000"), "not_allowed"],
  ["denied behind the country's exit code", { country: "81", destinations: ["0", "*"], deny: ["44"] }, undefined, over("010442000000000"), "denied"],
  ["a number of North America", { country: "1" }, undefined, over("14155550100"), undefined],
  ["the code of another carrier in North America, and what is behind it", { country: "1" }, undefined, over("101028801144200"), "not_allowed"],
  ["a short number that is listed, whatever it begins with", { country: "1", destinations: ["112"] }, undefined, over("112"), undefined],
  ["an app's own destinations are enough", {}, { destinations: ["91"] }, over("918000000000"), undefined],
  ["an app within the server", { destinations: ["91", "44"] }, { destinations: ["44"] }, over("442000000000"), undefined],
  ["an app narrower than the server", { destinations: ["91", "44"] }, { destinations: ["44"] }, over("918000000000"), "not_allowed"],
  ["an app cannot go beyond the server", INDIA, { destinations: ["44"] }, over("442000000000"), "not_allowed"],
  ["an app's * is what the server has", INDIA, { destinations: ["*"] }, over("442000000000"), "not_allowed"],
  ["an app denies for itself", INDIA, { deny: ["9180"] }, over("918000000000"), "denied"],
  ["nothing allowed at all", { destinations: [] }, undefined, over("918000000000"), "not_allowed"],
  ["what is no number", INDIA, undefined, over("91abc"), "not_allowed"],
  ["nothing before the @", INDIA, undefined, over(""), "not_allowed"],
  ["a foreign host", { destinations: ["*"] }, undefined, { type: "host", allowed: false }, "foreign_host"],
  ["a host that is listed", {}, undefined, { type: "host", allowed: true }, undefined],
];

describe("destinations", () => {
  it.each(rows)("%s", (_, server, app, exit, reason) => {
    expect(reasonOf(server, app, exit)).toBe(reason);
  });

  it("let nothing through but what begins as one of the lists says, whatever stands before it", () => {
    const digits = fc.stringMatching(/^[0-9]{1,15}$/);
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[1-9][0-9]{0,3}$/), { maxLength: 3 }), digits, (destinations, number) => {
        const allowed = reasonOf({ destinations }, undefined, over(number)) === undefined;
        const international = number.startsWith("00") ? number.replace(/^0+/, "") : number;
        expect(allowed).toBe(destinations.some((prefix) => international.startsWith(prefix) && !(prefix === "1" && /^1[01]/.test(international))));
      }),
      { seed: 7 },
    );
  });

  it("name no number", () => {
    for (const [, server, app, exit] of rows) expect(refusedDestination(server, app, exit)?.message ?? "").not.toMatch(/\d{3}/);
  });
});
