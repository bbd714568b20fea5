import * as v from "valibot";
import { digitsOf, phoneNumber, phonePattern, sipUri, sipUriPattern } from "./fields.ts";
import { fields } from "./issue.ts";
import { expecting, kindOf, mustBe, mustBePrivate } from "./message.ts";

/** Whom to connect: a phone number, a phone registered here by its user name, or a SIP URI as it stands. */
export type Destination =
  | { readonly type: "pstn"; readonly number: string }
  | { readonly type: "sip"; readonly user: string }
  | { readonly type: "sip"; readonly uri: string };

const pstnType = v.literal("pstn");
const sipType = v.picklist(["sip", "internal", "internet"]);

const pstnEntries = {
  type: pstnType,
  number: phoneNumber(undefined, '; a SIP address goes as {"type":"sip","uri":"sip:…"}'),
};

const sipEntries = {
  type: sipType,
  user: v.exactOptional(userName()),
  uri: v.exactOptional(sipUri()),
  number: v.exactOptional(phoneNumber()),
};

const PstnSchema = v.pipe(
  fields(pstnEntries),
  v.transform(({ number }): Destination => ({ type: "pstn", number })),
);

// "internal" and "internet" are the words some documents use for a phone of one's own; `number` is then its user name.
const SipSchema = v.pipe(
  fields(sipEntries),
  v.rawTransform(({ dataset, addIssue, NEVER }): Destination => {
    const { user, uri, number } = dataset.value;
    const name = user ?? number;
    if (uri !== undefined && name === undefined) return { type: "sip", uri };
    if (uri === undefined && name !== undefined) return { type: "sip", user: name };
    addIssue({
      message:
        uri === undefined
          ? "must have user (the name of a registered phone) or uri (a SIP address); got neither"
          : "must have either user (the name of a registered phone) or uri (a SIP address); got both",
    });
    return NEVER;
  }),
);

/** One entry of `connect`. */
export const DestinationSchema = v.pipe(
  v.variant("type", [PstnSchema, SipSchema], (issue) =>
    issue.path === undefined
      ? `must be an object such as {"type":"pstn","number":…}; got ${kindOf(issue.input)}`
      : issue.input === undefined
        ? 'is missing; must be "pstn" (with number) or "sip" (with user or uri)'
        : mustBe('"pstn" (with number) or "sip" (with user or uri)')(issue),
  ),
  expecting('{"type":"pstn","number":…} or {"type":"sip","user":…} or {"type":"sip","uri":…}'),
);

const calleeExpects = 'a phone number of 3 to 15 digits, a SIP address, or {"type":"sip","uri":"sip:…"}';
const calleeMessage = mustBePrivate(calleeExpects);

/** One party to call: a number, a SIP URI as text, or an entry as in `connect`. */
export function callee(about: string) {
  return v.pipe(
    v.union(
      [
        v.pipe(v.number(), v.safeInteger(calleeMessage), v.minValue(100, calleeMessage), v.maxValue(999_999_999_999_999, calleeMessage)),
        v.pipe(
          v.string(),
          v.maxLength(255, calleeMessage),
          v.check((value) => phonePattern.test(value) || sipUriPattern.test(value), calleeMessage),
        ),
        DestinationSchema,
      ],
      calleeMessage,
    ),
    expecting(calleeExpects, about),
    v.transform((value): Destination => {
      if (typeof value === "object") return value;
      return typeof value === "string" && sipUriPattern.test(value) ? { type: "sip", uri: value } : { type: "pstn", number: digitsOf(value) };
    }),
  );
}

/** The fields an entry of this type has: for warnings about others. */
export function destinationKeys(type: unknown): readonly string[] {
  return Object.keys(type === "pstn" ? pstnEntries : sipEntries);
}

// The user name of a phone: what RFC 3261 §25.1 calls unreserved, and a number as it is.
function userName() {
  const expects = "the user name of a phone: 1 to 64 letters, digits or -_.!~*'()+";
  const message = mustBePrivate(expects);
  return v.pipe(
    v.union(
      [
        v.pipe(v.number(message), v.safeInteger(message), v.minValue(0, message)),
        v.pipe(v.string(message), v.regex(/^[A-Za-z0-9\-_.!~*'()+]{1,64}$/, message)),
      ],
      message,
    ),
    expecting(expects),
    v.transform(String),
  );
}
