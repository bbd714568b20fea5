/** The path of an issue found in one field of an object, as valibot wants it. */
export function at(input: object, key: string): [{ type: "object"; origin: "value"; input: Record<string, unknown>; key: string; value: unknown }] {
  const record: Record<string, unknown> = { ...input };
  return [{ type: "object", origin: "value", input: record, key, value: record[key] }];
}
