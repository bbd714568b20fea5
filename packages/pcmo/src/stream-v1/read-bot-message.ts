import { maxActions } from "../action.ts";
import { flowDepth, flowWarnings, unknownKeys } from "../flow.ts";
import { check, under, type Issue, type Parsed } from "../issue.ts";
import { kindOf } from "../message.ts";
import { isRecord, withoutEmpty } from "../record.ts";
import { exactBotMessages, type ExactBotMessage } from "./bot-message.ts";
import { jsonOf } from "./parts.ts";

/**
 * Reads a text message of a bot (the text, or what was parsed of it). What is ignored in it is a warning; a type that
 * nobody knows is an issue at `/type`, which ends no stream. Never throws.
 */
export function parseExactBotMessage(frame: unknown): Parsed<ExactBotMessage> {
  const json = jsonOf(frame);
  if (json === undefined) return { ok: false, issues: [{ path: "", message: "must be JSON" }] };
  const { value } = json;
  if (!isRecord(value)) return { ok: false, issues: [{ path: "", message: noObject(value) }] };
  if (value["type"] !== "flow") return withWarnings(value, withoutEmpty(value, 1));
  const { flow } = value;
  if (Array.isArray(flow) && flow.length > maxActions) {
    return { ok: false, issues: [{ path: "/flow", message: `must have at most ${maxActions} actions; got ${flow.length}` }] };
  }
  return withWarnings(value, withoutEmpty({ ...value, flow: withoutEmpty(flow, flowDepth) }, 1));
}

function noObject(value: unknown): string {
  const hint = Array.isArray(value) ? '; a flow goes as {"type":"flow","flow":[…]}' : "";
  return `must be an object such as {"type":"stop"}; got ${kindOf(value)}${hint}`;
}

function withWarnings(written: Readonly<Record<string, unknown>>, message: unknown): Parsed<ExactBotMessage> {
  const result = check(exactBotMessages().any, message);
  if (!result.ok) return result;
  const known = Object.keys(exactBotMessages().byType[result.value.type].entries);
  return { ...result, warnings: [...unknownKeys(written, known, ""), ...doubtful(result.value, written)] };
}

function doubtful(message: ExactBotMessage, written: Readonly<Record<string, unknown>>): readonly Issue[] {
  if (message.type === "flow") return under("/flow", flowWarnings(written["flow"]));
  if (message.type !== "audio" || message.encoding === "pcm" || message.sample_rate === undefined) return [];
  return [{ path: "/sample_rate", message: `is ignored: ${message.encoding} says itself what its rate is` }];
}
