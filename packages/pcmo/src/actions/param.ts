import * as v from "valibot";
import { text } from "../fields.ts";
import { fields } from "../issue.ts";

/** Sets the text (at most 4096 characters) that later webhooks of the call carry as `extra_params`, word for word. */
export const ParamSchema = v.pipe(
  fields({ action: v.literal("param"), text: text(0, 4096) }),
  v.description("Sets the text that later webhooks of the call carry as extra_params, word for word."),
  v.readonly(),
);
export type ParamAction = v.InferOutput<typeof ParamSchema>;
