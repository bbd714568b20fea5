import { check, type Parsed } from "../issue.ts";
import { kindOf } from "../message.ts";
import { isRecord } from "../record.ts";
import { jsonOf } from "./parts.ts";
import { exactServerMessages, type ExactServerMessage } from "./server-message.ts";

/** A message of a newer server, which is nobody's duty to understand. */
export interface UnknownServerMessage {
  readonly type: "unknown";
  /** Its `type`. */
  readonly name: string;
  /** Its `seq`, if it is one. */
  readonly seq: number | undefined;
  readonly message: Readonly<Record<string, unknown>>;
}

/**
 * Reads a text message of the server (the text, or what was parsed of it). Fields that nobody knows are left out, a
 * message of an unknown type is returned as such: servers may be newer than their bots. Never throws.
 */
export function parseExactServerMessage(frame: unknown): Parsed<ExactServerMessage | UnknownServerMessage> {
  const json = jsonOf(frame);
  if (json === undefined) return { ok: false, issues: [{ path: "", message: "must be JSON" }] };
  const { value } = json;
  if (!isRecord(value)) return { ok: false, issues: [{ path: "", message: `must be an object with a type; got ${kindOf(value)}` }] };
  const unknown = unknownMessage(value);
  if (unknown !== undefined) return { ok: true, value: unknown, warnings: [{ path: "/type", message: "is of a server that is newer than this" }] };
  const result = check(exactServerMessages().any, value);
  return result.ok ? { ...result, warnings: [] } : result;
}

function unknownMessage(message: Readonly<Record<string, unknown>>): UnknownServerMessage | undefined {
  const { type: name, seq } = message;
  if (typeof name !== "string" || Object.hasOwn(exactServerMessages().byType, name)) return undefined;
  return { type: "unknown", name, seq: typeof seq === "number" && Number.isSafeInteger(seq) && seq > 0 ? seq : undefined, message };
}
