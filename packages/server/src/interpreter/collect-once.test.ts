import { describe, expect, it } from "vitest";
import { scope, VirtualClock } from "../base/index.ts";
import { SimLeg } from "../simulator/index.ts";
import { collectOnce } from "./collect-once.ts";
import { typedDigits } from "./typed-digits.ts";

const rules = { max_digit: 3, min_digit: 1, timeout: 5, finish_on_key: "#" };
const forever = scope().signal;

function world() {
  const clock = new VirtualClock();
  const leg = new SimLeg(clock, "a", { direction: "outbound", from: "1", to: "2" });
  const press = (keys: string) => Array.from(keys).forEach((key) => leg.press(key));
  return { clock, leg, press };
}

describe("collecting one time after the other", () => {
  it("takes keys of one burst where they belong, and keeps the rest", async () => {
    const { clock, leg, press } = world();
    using typed = typedDigits(leg);
    const first = collectOnce(rules, typed, undefined, clock, forever);
    press("1#22#333444");
    expect(await first).toEqual({ name: "done", digits: "1", by: "finish_on_key" });
    const rest = [await collectOnce(rules, typed, undefined, clock, forever), await collectOnce(rules, typed, undefined, clock, forever)];
    expect(rest.map(({ digits }) => digits)).toEqual(["22", "333"]);
    const last = collectOnce(rules, typed, undefined, clock, forever);
    press("5");
    expect(await last).toEqual({ name: "done", digits: "444", by: "max_digit" });
    expect([typed.take(), typed.take(), clock.timers]).toEqual(["5", undefined, 0]);
  });

  it("leaves keys alone once it was given up", async () => {
    const { clock, leg, press } = world();
    using typed = typedDigits(leg);
    const caller = scope();
    const given = collectOnce(rules, typed, undefined, clock, caller.signal);
    caller.close("enough");
    await expect(given).rejects.toBe("enough");
    press("7");
    expect(typed.take()).toBe("7");
  });

  it("keeps at most 64 keys that nobody takes, and counts the others", () => {
    const { leg, press } = world();
    using typed = typedDigits(leg);
    press("1".repeat(70));
    expect(typed.dropped).toBe(6);
    let kept = 0;
    while (typed.take() !== undefined) kept++;
    expect(kept).toBe(64);
  });

  it("hears nothing before it listens and after it is disposed of", () => {
    const { leg, press } = world();
    press("1");
    const typed = typedDigits(leg);
    expect(typed.take()).toBeUndefined();
    typed[Symbol.dispose]();
    press("2");
    expect(typed.take()).toBeUndefined();
  });
});
