import * as v from "valibot";
import { fileEntries, fileOf } from "../file.ts";
import { fields } from "../issue.ts";
import { at } from "../at.ts";

/** Plays a file: `{ action: "play", file_url | file_name }`. */
export const PlaySchema = v.pipe(
  fields({ action: v.literal("play"), ...fileEntries }),
  v.description("Plays a file."),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const file = fileOf(dataset.value);
    if (file.type !== "none") return { action: dataset.value.action, file };
    addIssue({ message: file.message, path: at(dataset.value, file.key) });
    return NEVER;
  }),
  v.readonly(),
);
export type PlayAction = v.InferOutput<typeof PlaySchema>;
