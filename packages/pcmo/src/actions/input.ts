import * as v from "valibot";
import { at } from "../at.ts";
import { collectEntries, collectOf, digitsProblem } from "../collect.ts";
import { fields } from "../issue.ts";

/** Collects digits and POSTs them to `action_url`. */
export const InputSchema = v.pipe(
  fields({ action: v.literal("input"), ...collectEntries }),
  v.description("Collects digits and POSTs them to action_url."),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const input = dataset.value;
    const digits = digitsProblem(input);
    if (digits === undefined) return { action: input.action, ...collectOf(input) };
    addIssue({ message: digits.message, path: at(input, digits.key) });
    return NEVER;
  }),
  v.readonly(),
);
export type InputAction = v.InferOutput<typeof InputSchema>;
