import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isRecord } from "./record.ts";
import { jsonSchemas } from "./json-schema.ts";

function refs(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(refs);
  if (!isRecord(node)) return [];
  const own = typeof node["$ref"] === "string" ? [node["$ref"]] : [];
  return [...own, ...Object.values(node).flatMap(refs)];
}

describe("JSON Schema", () => {
  const schemas = jsonSchemas();

  it("refers only to what is there", () => {
    const all = refs(schemas);
    expect(all.length).toBeGreaterThan(15);
    for (const ref of all) expect(Object.keys(schemas)).toContain(ref.replace("#/components/schemas/", ""));
    expect(refs(jsonSchemas("#/$defs/"))).toContain("#/$defs/SpeakAction");
  });

  it("shows the side that comes in: every spelling, bounds and defaults", () => {
    expect(schemas.InputAction).toMatchObject({
      type: "object",
      description: "Collects digits and POSTs them to action_url.",
      required: ["action", "action_url"],
      properties: {
        action: { const: "input" },
        max_digit: { anyOf: [{ type: "integer", minimum: 1, maximum: 128 }, { type: "string" }] },
        max_digits: {},
        timeout: { default: 5, description: "Seconds to wait for a digit (a whole number from 1 to 600, as a number or digits)." },
      },
    });
    expect(schemas.Flow).toMatchObject({ type: "array", maxItems: 1000, items: { $ref: "#/components/schemas/Action" } });
    expect(schemas.MakeCallRequest).toMatchObject({ required: ["appid", "secret", "from", "to", "pcmo"] });
    expect(schemas.Action.oneOf).toHaveLength(10);
    expect(schemas.MakeCallRequest).toHaveProperty("properties.extra_params.anyOf", [{ type: "object" }, { type: "string" }]);
  });

  it("is plain JSON without words of ours", () => {
    expect(JSON.parse(JSON.stringify(schemas))).toEqual(schemas);
    expect(JSON.stringify(schemas)).not.toContain('"expects"');
  });
});

it("is not part of the main entry, which needs neither a converter nor Node", () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".ts") && !file.includes(".test.") && file !== "json-schema.ts");
  expect(sources.length).toBeGreaterThan(20);
  for (const file of sources) {
    expect(readFileSync(`${import.meta.dirname}/${file}`, "utf8"), file).not.toMatch(/from "(?:node:|@valibot|\.\/json-schema)/);
  }
});
