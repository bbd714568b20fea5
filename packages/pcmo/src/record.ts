/** An object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A copy without the keys whose value is null or undefined, `depth` levels deep: other languages write null for "not
 * given". Lists keep their length, so that pointers into the input stay true.
 */
export function withoutEmpty(value: unknown, depth: number): unknown {
  if (depth === 0) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => withoutEmpty(item, depth - 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== undefined)
      .map(([key, item]) => [key, withoutEmpty(item, depth - 1)]),
  );
}
