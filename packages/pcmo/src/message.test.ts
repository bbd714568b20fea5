import { describe, expect, it } from "vitest";
import * as v from "valibot";
import { check, fields, nearest, pointer, strictFields, under } from "./index.ts";
import { show } from "./message.ts";

describe("pointers", () => {
  it.each([
    [[], ""],
    [["a", 0, "b"], "/a/0/b"],
    [["a/b", "c~d", "~1"], "/a~1b/c~0d/~01"],
    [[""], "/"],
  ])("%j is %j", (keys, expected) => expect(pointer(keys)).toBe(expected));

  it("can be seen from outside", () => {
    expect(under("/numbers/0", [{ path: "/x", message: "m" }, { path: "", message: "n" }])).toEqual([
      { path: "/numbers/0/x", message: "m" },
      { path: "/numbers/0", message: "n" },
    ]);
  });
});

describe("what is shown of a value", () => {
  it.each([
    ["abc", '"abc"'], [12, "12"], [-0.5, "-0.5"], [true, "true"], [null, "null"], [undefined, "nothing"], ["", "empty text"],
    [9_198_000, "a number"], [1e21, "a number"], [10n, "a number"], ["91-98-00", '"91-98-00"'], ["two words", "text"], [" a", "text"],
    ["919-80-00", "text"], ["x".repeat(25), "text"], [[], "an empty list"], [[1], "a list"], [Object.create(null), "an object"],
    [Symbol("s"), "a symbol"], [() => 1, "a function"],
  ])("%# %s", (value, expected) => expect(show(value)).toBe(expected));
});

describe("the nearest word", () => {
  it.each([
    ["max_digts", "max_digits"], ["tiemout", "timeout"], ["lopo", "loop"], ["maxDigit", "max_digit"], ["TIMEOUT", "timeout"], ["loops", "loop"],
    ["zebra", undefined], ["", undefined], ["x".repeat(1000), undefined],
  ])("of %s is %s", (word, expected) => {
    expect(nearest(word, ["max_digit", "max_digits", "timeout", "loop"])).toBe(expected);
  });
});

describe("objects", () => {
  it("leave out what they do not know, or refuse it", () => {
    expect(check(fields({ a: v.number() }), { a: 1, b: 2 })).toEqual({ ok: true, value: { a: 1 } });
    expect(check(strictFields({ timeout: v.number() }), { timeout: 1, timeuot: 2 })).toEqual({
      ok: false,
      issues: [{ path: "/timeuot", message: 'is not known here; did you mean "timeout"?' }],
    });
    expect(check(strictFields({ a: v.number() }), { a: 1, zebra: 2 })).toEqual({
      ok: false,
      issues: [{ path: "/zebra", message: "is not known here; known: a" }],
    });
  });
});
