import * as v from "valibot";
import { destinations, diallingEntries } from "../dialling.ts";
import { fields } from "../issue.ts";

/** Connects the call to the first of the destinations that answers. */
export const BridgeSchema = v.pipe(
  fields({ action: v.literal("bridge"), connect: destinations, ...diallingEntries }),
  v.description("Connects the call to the first of the destinations that answers."),
  v.readonly(),
);
export type BridgeAction = v.InferOutput<typeof BridgeSchema>;
