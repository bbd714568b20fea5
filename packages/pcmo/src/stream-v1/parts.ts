import * as v from "valibot";
import { expecting, mustBe } from "../message.ts";
import { maxUint32 } from "./limits.ts";

// Numbers and truths of the exact protocol have one spelling each, that of JSON.

/** A whole number, as a number. */
export function integer(min: number, max: number, about: string) {
  const expects = max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`;
  const message = mustBe(expects);
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message), expecting(expects, about));
}

export const utterance = (about = "The utterance") => integer(1, maxUint32, about);

/** A span or a sum of them, in milliseconds. */
export function milliseconds(about: string) {
  const expects = "milliseconds from 0";
  const message = mustBe(expects);
  return v.pipe(v.number(message), v.minValue(0, message), expecting(expects, about));
}

export function truth(about: string) {
  return v.pipe(v.boolean(mustBe("true or false")), expecting("true or false", about));
}

/** A text frame, or what was parsed of it. */
export function jsonOf(frame: unknown): { readonly value: unknown } | undefined {
  if (typeof frame !== "string") return { value: frame };
  try {
    return { value: JSON.parse(frame) };
  } catch {
    return undefined;
  }
}

/** Makes it when it is first asked for: most programs that load the language never speak this protocol. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
