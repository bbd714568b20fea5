import * as v from "valibot";
import { at } from "../at.ts";
import { collectEntries, collectOf, digitsProblem } from "../collect.ts";
import { wholeNumber } from "../fields.ts";
import { fileEntries, fileOf } from "../file.ts";
import { fields } from "../issue.ts";

/** Plays a file and collects digits while it plays and after it; `max_retry` times (0 to 20, default 1). */
export const PlayGetInputSchema = v.pipe(
  fields({
    action: v.literal("play_get_input"),
    ...fileEntries,
    ...collectEntries,
    max_retry: v.optional(wholeNumber(0, 20, "Times it is played again when nothing was pressed"), 1),
  }),
  v.description("Plays a file and collects digits while it plays and after it, at most max_retry times over."),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const input = dataset.value;
    const file = fileOf(input);
    const digits = digitsProblem(input);
    if (digits !== undefined) addIssue({ message: digits.message, path: at(input, digits.key) });
    if (file.type === "none") addIssue({ message: file.message, path: at(input, file.key) });
    if (digits !== undefined || file.type === "none") return NEVER;
    return { action: input.action, file, ...collectOf(input), max_retry: input.max_retry };
  }),
  v.readonly(),
);
export type PlayGetInputAction = v.InferOutput<typeof PlayGetInputSchema>;
