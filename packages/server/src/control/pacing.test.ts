import { describe, expect, it } from "vitest";
import { scope, VirtualClock } from "../base/index.ts";
import { createPacing, type Limits } from "./pacing.ts";

function setup(limits: Readonly<Record<string, Limits>>) {
  const clock = new VirtualClock();
  const pacing = createPacing(clock, new Map(Object.entries(limits)));
  const began: [string, number][] = [];
  const life = scope();
  /** A call that notes when it begins. */
  const call = (what: string, names: readonly string[]) => {
    const place = pacing.enter(names);
    const note = () => void began.push([what, Math.round(clock.monotonicMs())]);
    if (place.queued) void place.turn(life.signal).then(note, () => undefined);
    else note();
    return place;
  };
  return { clock, pacing, began, call, life };
}

describe("pacing", () => {
  it("lets everything through that has no limits", async () => {
    const { call, began, clock } = setup({});
    for (const name of ["a", "b", "c"]) call(name, ["app:1", "trunk:x"]);
    expect(began).toEqual([["a", 0], ["b", 0], ["c", 0]]);
    expect(clock.timers).toBe(0);
  });

  it("begins so many calls a second, in the order they came", async () => {
    const { clock, call, began } = setup({ "app:1": { cps: 4 } });
    for (const name of ["a", "b", "c", "d"]) call(name, ["app:1"]);
    await clock.advance(10_000);
    expect(began).toEqual([["a", 0], ["b", 250], ["c", 500], ["d", 750]]);
    call("e", ["app:1"]);
    expect(began.at(-1)).toEqual(["e", 10_000]);
    expect(clock.timers).toBe(0);
  });

  it("begins the next when one has ended, where so many may be up", async () => {
    const { clock, call, began, pacing } = setup({ "app:1": { concurrent: 2 } });
    const first = call("a", ["app:1"]);
    for (const name of ["b", "c", "d"]) call(name, ["app:1"]);
    await clock.advance(60_000);
    expect([began.map(([name]) => name), pacing.waiting]).toEqual([["a", "b"], 2]);
    first.leave();
    first.leave();
    await clock.advance(0);
    expect(began.map(([name]) => name)).toEqual(["a", "b", "c"]);
  });

  it("holds to the limits of app and trunk together, and lets nobody wait for another's trunk", async () => {
    const { clock, call, began } = setup({ "app:1": { cps: 10 }, "trunk:x": { concurrent: 1 } });
    const first = call("a", ["app:1", "trunk:x"]);
    call("b", ["app:1", "trunk:x"]);
    call("c", ["app:1"]);
    await clock.advance(5000);
    expect(began).toEqual([["a", 0], ["c", 100]]);
    first.leave();
    await clock.advance(0);
    expect(began.at(-1)).toEqual(["b", 5000]);
  });

  it.each([
    ["app:1", { cps: 2, queue: 4 }, "rate_limited", 2],
    ["app:1", { concurrent: 1, queue: 0 }, "rate_limited", 5],
    ["trunk:x", { cps: 100, queue: 1 }, "no_capacity", 1],
  ] as const)("refuses what the queue of %s %j does not hold: %s", async (name, limits, code, retryAfterS) => {
    const { call, pacing } = setup({ [name]: limits });
    for (let count = 0; count <= limits.queue; count += 1) call("x", [name]);
    expect(() => pacing.enter([name])).toThrow(expect.objectContaining({ code, retryAfterS }));
    expect(pacing.enter([name], true).queued).toBe(true);
  });

  it("gives up the place of one that does not wait any more", async () => {
    const { clock, call, began, life, pacing } = setup({ "app:1": { concurrent: 1 } });
    const first = call("a", ["app:1"]);
    call("b", ["app:1"]);
    life.close();
    await clock.advance(0);
    expect(pacing.waiting).toBe(0);
    first.leave();
    expect(pacing.enter(["app:1"]).queued).toBe(false);
    expect(began).toEqual([["a", 0]]);
  });
});
