import { expecting, flag, mustBe, strictFields, wholeNumber } from "@piopiy/pcmo";
import * as v from "valibot";
import { hostsOrBlocks } from "./schema-parts.ts";

const prefixExpects = "the first digits of numbers with their country code, such as 91 or 1415";
const prefixMessage = mustBe(prefixExpects);
const digits = v.pipe(
  v.union([v.string(prefixMessage), v.number(prefixMessage)], prefixMessage),
  v.transform((value) => String(value).replace(/^\+/, "")),
  v.regex(/^[0-9]{1,15}$/, prefixMessage),
  expecting(prefixExpects),
);
const anyExpects = "the first digits of numbers with their country code, such as 91 or 1415, or * for every number";
const digitsOrAny = v.union([v.literal("*"), digits], mustBe(anyExpects));

const prefixes = (about: string) => v.exactOptional(v.pipe(v.array(digits, mustBe("a list of prefixes")), expecting("a list of prefixes", about)));
const prefixesOrAny = (about: string) =>
  v.exactOptional(v.pipe(v.array(digitsOrAny, mustBe("a list of prefixes")), expecting("a list of prefixes", about)));

const countryExpects = "a country code such as 91";
const countryMessage = mustBe(countryExpects);
const country = v.pipe(
  v.union([v.string(countryMessage), v.number(countryMessage)], countryMessage),
  expecting(countryExpects, "The country whose numbers may be called over trunks; every other is international"),
  v.transform((value) => String(value).replace(/^\+/, "")),
  v.regex(/^[1-9][0-9]{0,2}$/, countryMessage),
);

/** What calls that leave by a trunk may cost. */
const outside = {
  destinations: prefixesOrAny("Numbers that may be called over trunks"),
  deny: prefixes("Numbers that may not, even so"),
  call_minutes: v.exactOptional(wholeNumber(1, 1440, "Minutes a leg over a trunk may be up")),
  day_minutes: v.exactOptional(wholeNumber(1, 10_000_000, "Minutes over trunks in a day (UTC), together")),
};

/** How many calls are begun. */
const pace = {
  cps: v.exactOptional(wholeNumber(1, 1000, "Calls begun per second")),
  concurrent: v.exactOptional(wholeNumber(1, 100_000, "Calls at one time")),
  queue: v.optional(wholeNumber(0, 100_000, "Calls that wait for their turn; more are refused"), 100),
};

export const trunkLimits = strictFields(pace);

export const appLimits = strictFields({
  ...pace,
  trunk_legs: v.exactOptional(wholeNumber(1, 100_000, "Legs over trunks at one time, those that flows dial too")),
  ...outside,
});

export const serverLimits = strictFields({
  country: v.exactOptional(country),
  ...outside,
  hosts: hostsOrBlocks("Hosts that SIP URIs may lead to, beside trunks"),
  refer: v.optional(flag("Peers may send their calls on to trunks and foreign hosts by REFER"), false),
});
