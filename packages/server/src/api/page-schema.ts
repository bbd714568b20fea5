import * as v from "valibot";

const limitMessage = "must be a whole number from 1 to 100";

/** How many items a page has. */
export const pageLimit = (usual: string) => v.optional(v.pipe(v.string(limitMessage), v.regex(/^([1-9]\d?|100)$/, limitMessage), v.transform(Number)), usual);
