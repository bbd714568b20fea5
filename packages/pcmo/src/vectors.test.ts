import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseCallAction, parseFlow, parseMakeCall, parseStreamMessage } from "./index.ts";

interface Vector {
  readonly id: string;
  readonly api: string;
  readonly wire?: unknown;
}

// What the official SDKs were recorded to send: the language must read all of it.
const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("../../../testdata/piopiy-wire-vectors.json", import.meta.url), "utf8"),
);

/** Refused on purpose. */
const refused: Readonly<Record<string, string>> = {
  "py-rest-emptylist": "/pcmo/0/connect", // nobody to connect to
  "js-rest-emptylist": "/pcmo/0/connect",
  "js-rest-create": "/pcmo", // the older request with an answer_url instead of a flow
};

function read(wire: unknown) {
  if (Array.isArray(wire)) return parseFlow(wire);
  if (typeof wire !== "object" || wire === null || !("url" in wire) || !("body" in wire)) return parseStreamMessage(wire);
  return String(wire.url).includes("/call/") ? parseCallAction(wire.body) : parseMakeCall(wire.body);
}

describe("the wire of the official SDKs", () => {
  const sent = vectors.filter(({ api, wire }) => (api === "v2" || api === "stream") && wire !== undefined && wire !== null);

  it("is there", () => expect(sent.length).toBeGreaterThan(80));

  it.each(sent.map(({ id, wire }) => [id, wire] as const))("%s", (id, wire) => {
    const result = read(wire);
    const expected = refused[id];
    if (expected === undefined) expect(result).toMatchObject({ ok: true });
    else expect(result.ok ? [] : result.issues.map(({ path }) => path)).toEqual([expected]);
  });
});
