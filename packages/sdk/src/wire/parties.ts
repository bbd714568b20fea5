import { PiopiyValidationError } from "../errors.ts";

/** A phone number: 3 to 15 digits in international form. In text, `+`, spaces, `-`, `(`, `)` and `.` do not count. */
export type PhoneNumber = number | string;

/** Who is dialled: a phone number, or a SIP address such as `sip:alice@example.com`. */
export type Dialable = PhoneNumber;

/** A destination as the wire has it. */
export type WireDestination =
  | { readonly type: "pstn"; readonly number: number }
  | { readonly type: "sip"; readonly uri: string };

/** The number that stands on the wire. Throws a PiopiyValidationError that names `field` and never shows the number. */
export function phoneNumber(value: unknown, field: string): number {
  const digits = digitsOf(value);
  if (digits === undefined || !/^\d{3,15}$/.test(digits)) {
    throw new PiopiyValidationError(
      field,
      `${field} must be 3 to 15 digits as a number or text; "+", spaces, "-", "(", ")" and "." are left out.`,
    );
  }
  // The wire has a JSON number: a leading zero would vanish, and another phone would ring.
  if (digits.startsWith("0")) {
    throw new PiopiyValidationError(field, `${field} must be in international form, with the country code first and no leading zero.`);
  }
  return Number(digits);
}

function digitsOf(value: unknown): string | undefined {
  if (typeof value === "string") return value.replaceAll(/[+\s().-]/g, "");
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : undefined;
}

/** The app's id, written like a number. */
export function appId(value: unknown): number {
  const digits = digitsOf(value);
  if (digits !== undefined && /^[1-9]\d{2,14}$/.test(digits)) return Number(digits);
  throw new PiopiyValidationError("appid", "appid must be the app's id: 3 to 15 digits as a number or text.");
}

/** Whether `value` is a SIP address by its scheme. */
export function isSipUri(value: unknown): value is string {
  return typeof value === "string" && /^sips?:\S+$/i.test(value);
}

/** A number or SIP address as the wire has it. */
export function destination(value: unknown, field: string): WireDestination {
  return isSipUri(value) ? { type: "sip", uri: value } : { type: "pstn", number: phoneNumber(value, field) };
}

/** One destination or a list of them, as the wire has it. */
export function destinations(value: unknown, field: string): WireDestination[] {
  return Array.isArray(value)
    ? value.map((item: unknown, index) => destination(item, `${field}.${index}`))
    : [destination(value, field)];
}

/**
 * Which of the first two arguments of `call` and `forward` is whom to dial. What can only be a destination (a list, a
 * SIP address, the name of a phone) is the destination in either place, because a caller id is always one number; so
 * code written for the official SDKs keeps working. Two numbers are taken in the order that the method documents.
 */
export function inOrder(first: unknown, second: unknown, documented: "from, to" | "to, from"): { readonly from: unknown; readonly to: unknown } {
  const firstDials = canOnlyBeDialled(first);
  if (firstDials !== canOnlyBeDialled(second)) return firstDials ? { from: second, to: first } : { from: first, to: second };
  return documented === "from, to" ? { from: first, to: second } : { from: second, to: first };
}

function canOnlyBeDialled(value: unknown): boolean {
  return Array.isArray(value) || isSipUri(value) || (typeof value === "string" && /[a-z]/i.test(value));
}
