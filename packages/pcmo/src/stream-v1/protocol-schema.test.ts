import { describe, expect, it } from "vitest";
import { streamProtocolSchemas } from "../json-schema.ts";
import { isRecord } from "../record.ts";
import { parseExactBotMessage, parseExactServerMessage } from "./index.ts";
import { botSamples, serverSamples } from "./samples.test.support.ts";

const { bot, server } = streamProtocolSchemas();

type Schema = Readonly<Record<string, unknown>>;

const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isRecord,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
};
const entriesOf = (value: unknown) => (isRecord(value) ? Object.entries(value) : []);
const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);
const all = (found: unknown): readonly unknown[] => (Array.isArray(found) ? found : []);

/** What a keyword asks of a value: as much of JSON Schema as our documents use. */
const keywords: Readonly<Record<string, (asked: unknown, value: unknown, document: Schema, schema: Schema) => boolean>> = {
  $ref: (asked, value, document) => {
    const found = String(asked).replace("#/$defs/", "");
    const defs = document["$defs"];
    if (!isRecord(defs) || !isRecord(defs[found])) throw new Error(`nothing is at ${String(asked)}`);
    return valid(defs[found], value, document);
  },
  type: (asked, value) => kinds[String(asked)]?.(value) === true,
  const: (asked, value) => asked === value,
  enum: (asked, value) => all(asked).includes(value),
  oneOf: (asked, value, document) => all(asked).filter((one) => valid(one, value, document)).length === 1,
  anyOf: (asked, value, document) => all(asked).some((one) => valid(one, value, document)),
  required: (asked, value) => !isRecord(value) || all(asked).every((key) => Object.hasOwn(value, String(key))),
  properties: (asked, value, document) => !isRecord(value) || entriesOf(asked).every(([key, one]) => !Object.hasOwn(value, key) || valid(one, value[key], document)),
  additionalProperties: (asked, value, document, { properties }) =>
    entriesOf(value).every(([key, one]) => (isRecord(properties) && Object.hasOwn(properties, key)) || valid(asked, one, document)),
  propertyNames: (asked, value, document) => entriesOf(value).every(([key]) => valid(asked, key, document)),
  maxProperties: (asked, value) => entriesOf(value).length <= Number(asked),
  items: (asked, value, document) => all(value).every((one) => valid(asked, one, document)),
  maxItems: (asked, value) => all(value).length <= Number(asked),
  minItems: (asked, value) => !Array.isArray(value) || value.length >= Number(asked),
  minimum: (asked, value) => typeof value !== "number" || value >= Number(asked),
  maximum: (asked, value) => typeof value !== "number" || value <= Number(asked),
  minLength: (asked, value) => (textOf(value)?.length ?? Infinity) >= Number(asked),
  maxLength: (asked, value) => (textOf(value)?.length ?? 0) <= Number(asked),
  pattern: (asked, value) => typeof value !== "string" || new RegExp(String(asked)).test(value),
};
const notes = new Set(["$schema", "$defs", "title", "description", "default", "contentEncoding"]);

function valid(schema: unknown, value: unknown, document: Schema): boolean {
  if (!isRecord(schema)) throw new Error("no schema");
  return Object.entries(schema).every(([keyword, asked]) => {
    if (notes.has(keyword)) return true;
    const rule = keywords[keyword];
    if (!rule) throw new Error(`the test does not know ${keyword}`);
    return rule(asked, value, document, schema);
  });
}

function suite(from: string, document: Schema, samples: readonly { readonly type: string }[], parse: (message: unknown) => { readonly ok: boolean }) {
  describe(`the JSON Schema of what comes from the ${from}`, () => {
    it("has a description for every message, and nothing that is not JSON", () => {
      expect(JSON.parse(JSON.stringify(document))).toEqual(document);
      expect(JSON.stringify(document)).not.toContain('"expects"');
      const messages = entriesOf(document["$defs"]).filter(([name]) => /.Message$/.test(name));
      const types = [...new Set(samples.map(({ type }) => type))];
      expect(messages.map(([name]) => name.replace("Message", "").toLowerCase())).toEqual(types);
      for (const [, message] of messages) expect(message).toMatchObject({ description: expect.stringMatching(/\.$/), properties: { type: { const: expect.any(String) } } });
    });

    it.each(samples)("takes what the check takes: %j", (sample) => {
      expect(valid(document, sample, document)).toBe(true);
      expect(parse(sample)).toMatchObject({ ok: true });
    });

    it.each(samples)("refuses what the check refuses: %j", (sample) => {
      for (const key of Object.keys(sample).filter((name) => name !== "type")) {
        // A symbol is of no kind that JSON knows.
        const wrong = { ...sample, [key]: Symbol("wrong") };
        expect(valid(document, wrong, document), key).toBe(false);
        expect(parse(wrong), key).toMatchObject({ ok: false });
        const without = Object.fromEntries(Object.entries(sample).filter(([name]) => name !== key));
        expect(valid(document, without, document), key).toBe(parse(without).ok);
      }
      expect(valid(document, { ...sample, type: "else" }, document)).toBe(false);
    });
  });
}

suite("bot", { ...bot }, botSamples, parseExactBotMessage);
suite("server", { ...server }, serverSamples, parseExactServerMessage);
