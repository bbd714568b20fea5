import * as v from "valibot";
import { word } from "../fields.ts";
import { fields } from "../issue.ts";

/** Ends the call; as the first action of an unanswered inbound call it refuses it. */
export const HangupSchema = v.pipe(
  fields({
    action: v.literal("hangup"),
    /** A word for the record, for example `busy` or `NORMAL_CLEARING`. */
    cause: v.exactOptional(word(/^[A-Za-z0-9_-]{1,64}$/, "a cause: 1 to 64 letters, digits, _ or -")),
  }),
  v.readonly(),
);
export type HangupAction = v.InferOutput<typeof HangupSchema>;
