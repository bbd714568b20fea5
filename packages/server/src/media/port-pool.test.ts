import { describe, expect, it } from "vitest";
import { seededIds } from "../base/index.ts";
import { createPortPool } from "./port-pool.ts";

describe("the port pool", () => {
  it("gives out every port of the range once, then says that none is left", () => {
    const pool = createPortPool([7000, 7004], seededIds());
    expect(new Set(Array.from({ length: 5 }, () => pool.take()))).toEqual(new Set([7000, 7001, 7002, 7003, 7004]));
    expect(() => pool.take()).toThrow(expect.objectContaining({ code: "out_of_ports" }));
    pool.release(7002);
    expect(pool.take()).toBe(7002);
  });

  it("takes a freed port last", () => {
    const pool = createPortPool([7000, 7002], seededIds());
    const first = pool.take();
    pool.release(first);
    expect([pool.take(), pool.take()]).not.toContain(first);
    expect(pool.take()).toBe(first);
  });

  it("leaves the choice to the system for [0, 0]", () => {
    const pool = createPortPool([0, 0], seededIds());
    expect([pool.take(), pool.take()]).toEqual([0, 0]);
  });

  it("refuses an empty range", () => {
    expect(() => createPortPool([7001, 7000], seededIds())).toThrow(expect.objectContaining({ code: "bad_configuration" }));
  });
});
