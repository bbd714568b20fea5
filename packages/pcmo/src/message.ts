import * as v from "valibot";

export interface Found {
  readonly input: unknown;
}
export interface FoundAt extends Found {
  readonly path?: readonly { readonly key: unknown; readonly origin?: unknown }[] | undefined;
}

const noun: Readonly<Record<string, string>> = {
  undefined: "nothing",
  string: "text",
  number: "a number",
  bigint: "a number",
  boolean: "true or false",
  object: "an object",
  function: "a function",
  symbol: "a symbol",
};

/** The kind of a value, without the value: for fields that hold numbers, texts, digits or credentials. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "empty text";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return noun[typeof value] ?? "something else";
}

/** One short word or number as it was written; what could be a phone number or a sentence is named by its kind only. */
export function show(value: unknown): string {
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" && Math.abs(value) < 1e6) return String(value);
  if (typeof value === "string" && /^\S{1,24}$/.test(value) && value.replaceAll(/\D/g, "").length < 7) {
    return JSON.stringify(value);
  }
  return kindOf(value);
}

/** The message of a field whose value may be shown. */
export function mustBe(expects: string): (issue: Found) => string {
  return (issue) => `must be ${expects}; got ${show(issue.input)}`;
}

/** The message of a field whose value must not be shown (numbers, texts, digits, credentials, addresses). */
export function mustBePrivate(expects: string): (issue: Found) => string {
  return (issue) => `must be ${expects}; got ${kindOf(issue.input)}`;
}

/**
 * Notes on a schema what it expects, for the message of a field that is missing, and (with what it is about) for the
 * reference. It stands before the first transformation: JSON Schema shows the side that comes in.
 */
export function expecting<T>(expects: string, about?: string): v.MetadataAction<T, Expecting> {
  return v.metadata({ expects, description: about === undefined ? expects : `${about} (${expects}).` });
}

/** What `expecting` notes. */
export type Expecting = { readonly expects: string; readonly description: string };

/** The message of an object: it is none, a required key is missing, or (strict) a key is unknown. */
export function missingOr(what: string, entries: v.ObjectEntries, issue: FoundAt): string {
  const last = issue.path?.at(-1);
  if (last === undefined) return `must be ${what}; got ${kindOf(issue.input)}`;
  const key = String(last.key);
  const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
  if (entry === undefined) return unknownKey(key, Object.keys(entries));
  return `is missing; must be ${expectsOf(entry) ?? inWords(entry.expects)}`;
}

/** The message of an object that is told by one of its fields, which must have one of the known words. */
export function notOneOf(example: string, words: () => readonly string[]): (issue: FoundAt) => string {
  return ({ input, path }) => {
    if (path === undefined) return `must be an object such as ${example}; got ${kindOf(input)}`;
    const known = words();
    const list = `one of ${known.join(", ")}`;
    if (input === undefined) return `is missing; must be ${list}`;
    const near = typeof input === "string" ? nearest(input, known) : undefined;
    return `must be ${list}; got ${show(input)}${near === undefined ? "" : ` (did you mean ${JSON.stringify(near)}?)`}`;
  };
}

/** The message of a schema that brings none of its own. */
export function plainMessage(issue: Found & { readonly type: string; readonly expected: string | null }): string {
  const got = issue.type === "literal" || issue.type === "picklist" ? show(issue.input) : kindOf(issue.input);
  return `must be ${inWords(issue.expected)}; got ${got}`;
}

// A schema's own note of what it expects, for example `(number | string)`, without words of a programming language.
function inWords(expected: string | null): string {
  if (expected === null) return "something else";
  const alternatives = expected.replace(/^\((.*)\)$/, "$1").split(" | ");
  return alternatives.map((one) => words[one] ?? one).join(" or ");
}

const words: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  Array: "a list",
  Object: "an object",
};

function expectsOf(schema: unknown): string | undefined {
  if (!isPiped(schema)) return undefined;
  for (const item of schema.pipe) {
    const found = isExpecting(item) ? item.metadata.expects : expectsOf(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isPiped(schema: unknown): schema is { readonly pipe: readonly unknown[] } {
  return typeof schema === "object" && schema !== null && "pipe" in schema && Array.isArray(schema.pipe);
}

function isExpecting(item: unknown): item is { readonly metadata: { readonly expects: string } } {
  if (typeof item !== "object" || item === null || !("metadata" in item)) return false;
  const { metadata } = item;
  return typeof metadata === "object" && metadata !== null && "expects" in metadata && typeof metadata.expects === "string";
}

/** The message of a key nobody knows, with the nearest one that is known. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  return near === undefined ? `is not known here; known: ${known.join(", ")}` : `is not known here; did you mean ${JSON.stringify(near)}?`;
}

/** The word among `known` that `word` was probably meant to be: at most a third of its letters differ. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const fold = (text: string) => text.toLowerCase().replaceAll(/[_\-\s]/g, "");
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(fold(word), fold(candidate));
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** How many letters must be put in, left out, replaced or swapped with their neighbour to make `to` of `from`. */
function editDistance(from: string, to: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  const at = (cells: readonly number[], index: number) => cells[index] ?? 0;
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swap = swapped ? at(before, j - 2) + 1 : replaced;
      next.push(Math.min(replaced, swap, at(row, j) + 1, at(next, j - 1) + 1));
    }
    before = row;
    row = next;
  }
  return at(row, to.length);
}
