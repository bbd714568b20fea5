import * as v from "valibot";
import { choice, httpUrl, wholeNumber, word } from "./fields.ts";

/** How digits are collected; shared by `input` and `play_get_input`. */
export const collectEntries = {
  action_url: httpUrl("Where the digits are POSTed; the reply is the flow that follows"),
  max_digit: v.exactOptional(wholeNumber(1, 128, "At most so many digits; 1 when absent")),
  max_digits: v.exactOptional(wholeNumber(1, 128, "Another spelling of max_digit, which wins")),
  min_digit: v.exactOptional(wholeNumber(1, 128, "At least so many digits; 1 when absent")),
  min_digits: v.exactOptional(wholeNumber(1, 128, "Another spelling of min_digit, which wins")),
  timeout: v.optional(wholeNumber(1, 600, "Seconds to wait for a digit"), 5),
  finish_on_key: v.optional(
    word(/^[0-9A-D*#]?$/, 'one key ("0" to "9", "*" or "#"), or "" for none', "The key that ends the input"),
    "#",
  ),
  on_no_input: v.optional(
    choice(["continue", "post"], "When nothing was pressed, go on with the next action or POST empty digits"),
    "continue",
  ),
};

interface CollectInput {
  readonly action_url: string;
  readonly max_digit?: number;
  readonly max_digits?: number;
  readonly min_digit?: number;
  readonly min_digits?: number;
  readonly timeout: number;
  readonly finish_on_key: string;
  readonly on_no_input: "continue" | "post";
}

/** One spelling and every default filled in. `max_digit` wins over `max_digits`, `min_digit` over `min_digits`. */
export function collectOf(input: CollectInput) {
  return {
    action_url: input.action_url,
    max_digit: input.max_digit ?? input.max_digits ?? 1,
    min_digit: input.min_digit ?? input.min_digits ?? 1,
    timeout: input.timeout,
    finish_on_key: input.finish_on_key,
    on_no_input: input.on_no_input,
  };
}

/** Why no number of digits can be enough, when `min_digit` is above `max_digit`. */
export function digitsProblem(input: CollectInput): { readonly key: string; readonly message: string } | undefined {
  const { max_digit: max, min_digit: min } = collectOf(input);
  if (min <= max) return undefined;
  const given = input.max_digit !== undefined || input.max_digits !== undefined;
  return {
    key: input.min_digit === undefined ? "min_digits" : "min_digit",
    message: `must be at most max_digit, which is ${max}${given ? "" : " when it is not given"}; got ${min}`,
  };
}
