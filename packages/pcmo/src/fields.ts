import * as v from "valibot";
import { expecting, kindOf, mustBe, mustBePrivate } from "./message.ts";

/** A whole number within bounds, written as a number or as digits. */
export function wholeNumber(min: number, max: number, about?: string) {
  const expects = `a whole number from ${min} to ${max}, as a number or digits`;
  const message = mustBe(expects);
  return v.pipe(
    v.union(
      [
        v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message)),
        v.pipe(v.string(message), v.regex(/^\s*[0-9]{1,9}\s*$/, message)),
      ],
      message,
    ),
    expecting(expects, about),
    v.transform(Number),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}

/** True or false, or one of the words. */
export function flag(about?: string) {
  const message = mustBe("true or false");
  return v.pipe(
    v.union([v.boolean(), v.picklist(["true", "false"])], message),
    expecting("true or false", about),
    v.transform((value) => value === true || value === "true"),
  );
}

/** One of a few words. */
export function choice<const T extends readonly string[]>(words: T, about?: string) {
  const expects = oneOf(words);
  return v.pipe(v.picklist(words, mustBe(expects)), expecting(expects, about));
}

/** `"a", "b" or "c"`. */
export function oneOf(words: readonly string[]): string {
  const quoted = words.map((word) => JSON.stringify(word));
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** A text whose content is nobody's business in a message. */
export function text(min: number, max: number, about?: string) {
  const expects = min === 0 ? `text of at most ${max} characters` : `text of ${min} to ${max} characters`;
  const message = (issue: { readonly input: unknown }) => {
    const { input } = issue;
    const got = typeof input === "string" && input !== "" ? `${input.length} characters` : kindOf(input);
    return `must be ${expects}; got ${got}`;
  };
  return v.pipe(v.string(message), v.minLength(min, message), v.maxLength(max, message), expecting(expects, about));
}

/** A name of a few harmless characters. */
export function word(pattern: RegExp, expects: string, about?: string) {
  const message = mustBe(expects);
  return v.pipe(v.string(message), v.regex(pattern, message), expecting(expects, about));
}

/** Keys of a phone to be pressed one after the other. */
export function keys(about: string) {
  const expects = "1 to 64 of 0-9, *, #, A-D and , for a pause of half a second";
  const message = mustBePrivate(expects);
  return v.pipe(v.string(message), v.regex(/^[0-9*#A-Da-d,]{1,64}$/, message), expecting(expects, about));
}

/**
 * A phone number, as a number or text: `+`, spaces, `-`, `(`, `)` and `.` are left out, and 3 to 15 digits must remain.
 * One form out: the digits.
 */
export function phoneNumber(about?: string, hint = "") {
  const expects = `a phone number of 3 to 15 digits${hint}`;
  const message = mustBePrivate(expects);
  return v.pipe(
    v.union(
      [
        v.pipe(v.number(message), v.safeInteger(message), v.minValue(100, message), v.maxValue(999_999_999_999_999, message)),
        v.pipe(v.string(message), v.maxLength(64, message), v.regex(phonePattern, message)),
      ],
      message,
    ),
    expecting(expects, about),
    v.transform((value) => digitsOf(value)),
  );
}

/** 3 to 15 digits, with any punctuation between them. */
export const phonePattern = /^[-+ ().]*(?:[0-9][-+ ().]*){3,15}$/;

/** A phone number without its punctuation. */
export function digitsOf(value: number | string): string {
  return String(value).replaceAll(/[-+ ().]/g, "");
}

/** A SIP URI that can be called as it stands. */
export const sipUriPattern =
  /^[sS][iI][pP][sS]?:(?:[A-Za-z0-9\-_.!~*'()&=+$,;/%]+@)?(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:;[A-Za-z0-9\-_.!~*'()[\]/:&+$%=]+)*$/;

/** A SIP URI without headers and without a password in it (RFC 3261 §19.1.1), at most 255 characters. */
export function sipUri() {
  const expects = 'a SIP address such as "sip:alice@example.com"';
  const message = mustBePrivate(expects);
  return v.pipe(v.string(message), v.maxLength(255, message), v.regex(sipUriPattern, message), expecting(expects));
}

/** An address to fetch or to POST to, at most 2048 characters. */
export function httpUrl(about?: string) {
  return url(/^[hH][tT][tT][pP][sS]?:\/\/\S+$/, "an http:// or https:// address", about);
}

/** The address of a WebSocket server, at most 2048 characters. */
export function webSocketUrl(about?: string) {
  return url(/^[wW][sS][sS]?:\/\/\S+$/, "a ws:// or wss:// address", about);
}

function url(pattern: RegExp, expects: string, about?: string) {
  const message = (issue: { readonly input: unknown }) => `must be ${expects}; got ${addressKind(issue.input)}`;
  return v.pipe(
    v.string(message),
    v.maxLength(2048, message),
    v.regex(pattern, message),
    v.check((value) => URL.canParse(value), message),
    expecting(expects, about),
  );
}

// Addresses carry tokens: of a wrong one only the scheme is told, and only when it is a common one.
function addressKind(value: unknown): string {
  if (typeof value !== "string") return kindOf(value);
  const scheme = /^(?:https?|wss?|ftp|sips?|file|data)(?=:)/i.exec(value)?.[0].toLowerCase();
  if (scheme === undefined) return kindOf(value);
  return value.length > 2048 ? `more than 2048 characters` : `a malformed or unsuitable ${scheme}: address`;
}
