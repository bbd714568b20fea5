import * as v from "valibot";
import { expecting, kindOf, mustBePrivate } from "./message.ts";
import { isRecord } from "./record.ts";

/** What an object of texts may hold. */
export interface TextMapRules {
  readonly entries: number;
  /** What is wrong with a key beside the others, if anything is; and what a key looks like, for JSON Schema. */
  readonly key: (key: string, earlier: readonly string[]) => string | undefined;
  readonly keyPattern: string;
  readonly value: RegExp;
  /** The longest value. */
  readonly length: number;
  /** What a value must be, in words. */
  readonly valueExpects: string;
}

/** An object of texts. The values are nobody's business in a message: they may be credentials. */
export function textMap(rules: TextMapRules, about: string) {
  const expects = `an object of at most ${rules.entries} texts`;
  const message = mustBePrivate(expects);
  const shape = {
    type: "object", maxProperties: rules.entries, propertyNames: { pattern: rules.keyPattern },
    additionalProperties: { type: "string", maxLength: rules.length },
  } as const;
  return v.pipe(
    // Not v.record: it takes lists too. The metadata is what JSON Schema shows.
    v.custom<Readonly<Record<string, string>>>(isRecord, message),
    v.metadata(shape),
    expecting(expects, about),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      // `typed` says no more than that it is an object.
      const entries: readonly (readonly [string, unknown])[] = Object.entries(dataset.value);
      if (entries.length > rules.entries) return addIssue({ message: `must be ${expects}; got ${entries.length}` });
      for (const [index, [key, value]] of entries.entries()) {
        const problem = rules.key(key, entries.slice(0, index).map(([name]) => name)) ?? valueProblem(value, rules);
        if (problem !== undefined) {
          addIssue({ message: problem, path: [{ type: "object", origin: "value", input: { [key]: value }, key, value }] });
        }
      }
    }),
  );
}

function valueProblem(value: unknown, { value: pattern, length, valueExpects }: TextMapRules): string | undefined {
  if (typeof value !== "string") return `must be ${valueExpects}; got ${kindOf(value)}`;
  if (value.length > length) return `must be ${valueExpects}; got ${value.length} characters`;
  return pattern.test(value) ? undefined : `must be ${valueExpects}`;
}
