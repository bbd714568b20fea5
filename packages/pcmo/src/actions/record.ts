import * as v from "valibot";
import { choice, flag, wholeNumber, word } from "../fields.ts";
import { fields } from "../issue.ts";

const about = "Records the call from here on; with max_length, silence_timeout or finish_on_key until one of them ends it, and then goes on.";

/**
 * Records the call from here on, while the next actions are performed, until the flow ends. With `max_length`,
 * `silence_timeout` or `finish_on_key` it is a message: the action lasts as long as its recording, which the first of
 * them ends, and then the flow goes on. `stereo` keeps what the party says on the left and what it hears on the right.
 */
export const RecordSchema = v.pipe(
  fields({
    action: v.literal("record"),
    channels: v.optional(choice(["mono", "stereo"]), "mono"),
    format: v.optional(choice(["wav", "mp3"]), "wav"),
    beep: v.optional(flag("A short tone before the recording begins; it is not recorded"), false),
    max_length: v.exactOptional(wholeNumber(1, 86_400, "Seconds after which the recording ends")),
    silence_timeout: v.exactOptional(wholeNumber(1, 600, "Seconds of silence, also right at the beginning, that end the recording")),
    finish_on_key: v.exactOptional(
      word(/^[0-9A-D*#]?$/, 'one key ("0" to "9", "*" or "#"), or "" for none', "The key that ends the recording; none when absent"),
    ),
  }),
  v.description(about),
  v.readonly(),
);
export type RecordAction = v.InferOutput<typeof RecordSchema>;
