import * as v from "valibot";
import { at } from "../at.ts";
import { destinations, diallingEntries } from "../dialling.ts";
import { word } from "../fields.ts";
import { fields } from "../issue.ts";

/** Connects the call to phones registered here. The list stands under `connect`, or under `call` as some documents say. */
export const ConnectSchema = v.pipe(
  fields({
    action: v.literal("connect"),
    connect: v.exactOptional(destinations),
    call: v.exactOptional(destinations),
    call_type: v.exactOptional(word(/^audio$/, '"audio"')),
    ...diallingEntries,
  }),
  v.description("Connects the call to phones registered here."),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { call, call_type: _, connect = call, ...rest } = dataset.value;
    if (connect !== undefined) return { ...rest, connect };
    addIssue({ message: "is missing; must be a list of 1 to 50 destinations", path: at(dataset.value, "connect") });
    return NEVER;
  }),
  v.readonly(),
);
export type ConnectAction = v.InferOutput<typeof ConnectSchema>;
