import { describe, expect, it } from "vitest";
import { concatBytes, concatSamples, text, utf8 } from "./bytes.ts";
import { errorTable, messageOf, PiopiyError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { randomIds, seededIds } from "./ids.ts";
import { workerUrl } from "./worker-url.ts";

describe("Emitter", () => {
  it("calls every listener until it is taken off, and the others when one throws", () => {
    const events = new Emitter<{ digit: string }>();
    const seen: string[] = [];
    events.on("digit", () => {
      throw new Error("first");
    });
    const off = events.on("digit", (digit) => seen.push(digit));
    expect(() => events.emit("digit", "1")).toThrow("first");
    off();
    expect(events.count("digit")).toBe(1);
    expect(() => events.emit("digit", "2")).toThrow("first");
    expect(seen).toEqual(["1"]);
  });
});

describe.each([
  ["random", randomIds],
  ["seeded", seededIds(7)],
])("%s ids", (_, ids) => {
  it("have their shape and do not repeat", () => {
    expect(ids.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(ids.token(43)).toMatch(/^[A-Za-z0-9]{43}$/);
    expect(new Set(Array.from({ length: 1000 }, () => ids.uuid())).size).toBe(1000);
    const drawn = Array.from({ length: 2000 }, () => ids.integer(6));
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });
});

it("seeded ids repeat with their seed", () => {
  expect(seededIds(3).token(20)).toBe(seededIds(3).token(20));
  expect(seededIds(3).token(20)).not.toBe(seededIds(4).token(20));
});

describe("errors", () => {
  it("carry their code and the table's sentence", () => {
    expect(new PiopiyError("no_route")).toMatchObject({ code: "no_route", message: errorTable.no_route.says });
    expect(new PiopiyError("no_route", "detail", { cause: 5 })).toMatchObject({ message: "detail", cause: 5 });
    expect(messageOf(new Error("x"))).toBe("x");
    expect(messageOf("y")).toBe("y");
  });

  it.each(Object.entries(errorTable))("%s has statuses that exist", (_, row) => {
    expect(row.http).toBeGreaterThanOrEqual(400);
    expect(row.sip).toBeGreaterThanOrEqual(400);
    expect(row.says).toMatch(/\.$/);
  });
});

it("bytes and samples are joined in order", () => {
  expect(text(concatBytes([utf8("ab"), utf8("ç")]))).toBe("abç");
  expect([...concatSamples([Int16Array.of(1, -2), Int16Array.of(), Int16Array.of(3)])]).toEqual([1, -2, 3]);
});

it("a worker's file is taken from what was built", () => {
  expect(workerUrl("file:///x/packages/server/src/media/pool.ts", "worker").href).toBe(
    "file:///x/packages/server/dist/media/worker.js",
  );
});
