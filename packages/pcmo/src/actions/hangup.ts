import * as v from "valibot";
import { word } from "../fields.ts";
import { fields } from "../issue.ts";

/** Ends the call; as the first action of an unanswered inbound call it refuses it. */
export const HangupSchema = v.pipe(
  fields({
    action: v.literal("hangup"),
    cause: v.exactOptional(
      word(/^[A-Za-z0-9_-]{1,64}$/, "1 to 64 letters, digits, _ or -", "A word for the record, such as busy or NORMAL_CLEARING"),
    ),
  }),
  v.description("Ends the call; as the first action of an unanswered inbound call it refuses it."),
  v.readonly(),
);
export type HangupAction = v.InferOutput<typeof HangupSchema>;
