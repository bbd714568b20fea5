import * as v from "valibot";
import { DestinationSchema, type Destination } from "./destination.ts";
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

/** How a second leg is dialled; shared by `bridge` and `connect`. */
export const diallingEntries = {
  /** The caller id; the number of the call when absent. */
  from: v.exactOptional(phoneNumber()),
  /** Seconds the connected call may last, 1 to 86400. */
  duration: v.optional(wholeNumber(1, 86_400), 5400),
  /** Seconds each destination may ring, 1 to 600. */
  timeout: v.optional(wholeNumber(1, 600), 40),
  /** Rounds over the destinations, 1 to 10. */
  loop: v.optional(wholeNumber(1, 10), 1),
  /** One after the other, or all at once. */
  ring_type: v.optional(choice(["single", "group"]), "single"),
  record: v.optional(flag(), false),
};

/** The normalised fields both actions have. */
export interface Dialling {
  readonly from?: string;
  readonly connect: readonly Destination[];
  /** Seconds. */
  readonly duration: number;
  /** Seconds. */
  readonly timeout: number;
  readonly loop: number;
  readonly ring_type: "single" | "group";
  readonly record: boolean;
}
