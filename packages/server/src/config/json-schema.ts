import { toJsonSchema, type JsonSchema } from "@valibot/to-json-schema";
import { ConfigSchema } from "./schema.ts";

/** JSON Schema (draft 2020-12) of `piopiy.config.json`, for editors. */
export function configJsonSchema(): JsonSchema {
  const schema = toJsonSchema(ConfigSchema, { target: "draft-2020-12", typeMode: "input", errorMode: "ignore" });
  tidy(schema);
  return schema;
}

// `expects` is a note for messages, no word of JSON Schema.
function tidy(node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  if ("expects" in node && typeof node.expects === "string") Reflect.deleteProperty(node, "expects");
  for (const inside of Object.values(node)) tidy(inside);
}
