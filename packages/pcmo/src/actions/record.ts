import * as v from "valibot";
import { choice } from "../fields.ts";
import { fields } from "../issue.ts";

/** Records the call from here on. `stereo` keeps each party on a channel of its own. */
export const RecordSchema = v.pipe(
  fields({
    action: v.literal("record"),
    channels: v.optional(choice(["mono", "stereo"]), "mono"),
    format: v.optional(choice(["wav", "mp3"]), "wav"),
  }),
  v.description("Records the call from here on."),
  v.readonly(),
);
export type RecordAction = v.InferOutput<typeof RecordSchema>;
