import * as v from "valibot";
import { missingOr, plainMessage } from "./message.ts";

/** One thing that is wrong: `path` is a JSON pointer (RFC 6901) into the input; `message` says what would be right. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Like `Checked`, with what was accepted but is probably a mistake. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** At most this many issues are reported of one input. */
export const maxIssues = 100;

/** Checks any input against any schema of this package (or any other valibot schema). Never throws. */
export function check<S extends v.GenericSchema>(schema: S, input: unknown): Checked<v.InferOutput<S>> {
  const result = v.safeParse(schema, input, { message: plainMessage });
  if (result.success) return { ok: true, value: result.output };
  return { ok: false, issues: distinct(result.issues.slice(0, maxIssues).map(issueOf)) };
}

/** A JSON pointer of the keys, RFC 6901 §3: `~` is written `~0` and `/` is written `~1`. */
export function pointer(keys: readonly PropertyKey[]): string {
  return keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The same issues, seen from outside: `prefix` is the pointer of the part they were found in. */
export function under(prefix: string, issues: readonly Issue[]): readonly Issue[] {
  return issues.map(({ path, message }) => ({ path: prefix + path, message }));
}

function issueOf(issue: v.BaseIssue<unknown>): Issue {
  const keys = (issue.path ?? []).map((item) => item.key).filter(isKey);
  return { path: pointer(keys), message: issue.message };
}

function isKey(key: unknown): key is PropertyKey {
  return typeof key === "string" || typeof key === "number" || typeof key === "symbol";
}

// Two checks of one field can fail for the same reason (a fraction below the minimum): say it once.
function distinct(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ path, message }) => {
    const key = `${path}\n${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** An object with these fields; what is missing is named with what it must be. Other keys are left out. */
export function fields<const E extends v.ObjectEntries>(entries: E) {
  return v.object(entries, (issue) => missingOr("an object", entries, issue));
}

/** Like `fields`, but other keys are errors. */
export function strictFields<const E extends v.ObjectEntries>(entries: E) {
  return v.strictObject(entries, (issue) => missingOr("an object", entries, issue));
}
