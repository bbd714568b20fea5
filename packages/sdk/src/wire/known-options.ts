import { nearest } from "@piopiy/pcmo";
import { PiopiyValidationError } from "../errors.ts";
import { isRecord } from "../http/reply.ts";

/**
 * Throws unless `options` is an object with no other keys than `known`: nothing a caller wrote is dropped silently.
 * `field` names the argument in the error.
 */
export function checkOptions(options: unknown, known: readonly string[], field = "options"): void {
  if (!isRecord(options)) {
    throw new PiopiyValidationError(field, `${field} must be an object${known[0] === undefined ? "" : ` such as { ${known[0]}: … }`}.`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const hint = near === undefined ? `Known: ${known.join(", ")}.` : `Did you mean ${near}?`;
    throw new PiopiyValidationError(`${field}.${key}`, `${field}.${key} is not known here. ${hint}`);
  }
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** The entries that have a value. */
export function given<T extends object>(entries: T): Given<T> {
  const result: Given<T> = {};
  for (const key in entries) {
    const value = entries[key];
    if (value !== undefined && value !== null) result[key] = value;
  }
  return result;
}
