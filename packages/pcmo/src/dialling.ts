import * as v from "valibot";
import { DestinationSchema } from "./destination.ts";
import { choice, flag, phoneNumber, wholeNumber } from "./fields.ts";
import { expecting, kindOf } from "./message.ts";

const listExpects = "a list of 1 to 50 destinations";
const listMessage = (issue: { readonly input: unknown }) =>
  `must be ${listExpects}; got ${Array.isArray(issue.input) && issue.input.length > 0 ? `${issue.input.length}` : kindOf(issue.input)}`;

/** Whom to connect, 1 to 50 destinations. */
export const destinations = v.pipe(
  v.array(DestinationSchema, listMessage),
  v.minLength(1, listMessage),
  v.maxLength(50, listMessage),
  expecting(listExpects),
);

/** How a leg is dialled; shared by `bridge`, `connect` and the request that makes a call. */
export const diallingEntries = {
  from: v.exactOptional(phoneNumber("The caller id; the number of the call when absent")),
  duration: v.optional(wholeNumber(1, 86_400, "Seconds the connected call may last"), 5400),
  timeout: v.optional(wholeNumber(1, 600, "Seconds each destination may ring"), 40),
  loop: v.optional(wholeNumber(1, 10, "Rounds over the destinations"), 1),
  ring_type: v.optional(choice(["single", "group"], "One after the other, or all at once"), "single"),
  record: v.optional(flag("Record the connected call"), false),
};
