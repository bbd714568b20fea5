import * as v from "valibot";
import { text, word } from "../fields.ts";
import { fields } from "../issue.ts";

/**
 * Says a text of at most 10,000 characters. `language` and `voice` are ours; without them the server's default voice. A
 * text that begins with `<speak>` is SSML: `break`, `prosody rate`, `say-as` and `sub` are performed, of other elements
 * the content is spoken; malformed SSML is spoken without its markup.
 */
export const SpeakSchema = v.pipe(
  fields({
    action: v.literal("speak"),
    text: text(0, 10_000),
    language: v.exactOptional(word(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/, 'a language tag such as "en" or "en-GB"')),
    voice: v.exactOptional(word(/^[A-Za-z0-9._-]{1,64}$/, "the name of a voice: 1 to 64 letters, digits or ._-")),
  }),
  v.description("Says a text."),
  v.readonly(),
);
export type SpeakAction = v.InferOutput<typeof SpeakSchema>;
