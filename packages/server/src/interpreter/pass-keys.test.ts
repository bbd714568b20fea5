import { describe, expect, it } from "vitest";
import { PiopiyError, VirtualClock } from "../base/index.ts";
import { SimLeg } from "../simulator/index.ts";
import { passKeys } from "./pass-keys.ts";

const forever = new AbortController().signal;
const info = { direction: "outbound", from: "15550100", to: "15550199" } as const;

function pair() {
  const clock = new VirtualClock();
  const [from, to] = [new SimLeg(clock, "from", info), new SimLeg(clock, "to", info)];
  const notes: unknown[] = [];
  const note = (type: string, data?: object, legId?: string) => void notes.push([type, data, legId]);
  return { clock, from, to, notes, note };
}

describe("passKeys", () => {
  it("hands on every key in its order, until it is stopped", async () => {
    const { clock, from, to, notes, note } = pair();
    const stop = passKeys(from, to, { note }, forever);
    for (const key of "12#") from.press(key);
    await clock.advance(1000);
    expect(to.control.sentDigits).toBe("12#");
    stop();
    from.press("9");
    await clock.advance(1000);
    expect(to.control.sentDigits).toBe("12#");
    expect(notes).toEqual([]);
  });

  it("warns once when the other leg cannot take keys", async () => {
    const { clock, from, to, notes, note } = pair();
    to.control.sendDigits = () => Promise.reject(new PiopiyError("media_failed", "The thread is gone."));
    passKeys(from, to, { note }, forever);
    for (const key of "12") from.press(key);
    await clock.advance(1000);
    expect(notes).toEqual([["warning", { warning: "keys_not_passed", message: "The thread is gone." }, "to"]]);
  });
});
