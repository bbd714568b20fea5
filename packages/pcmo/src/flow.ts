import { actionSchemas, FlowSchema, isActionName, maxActions, maxNesting, type Action } from "./action.ts";
import { isQuality } from "./actions/stream.ts";
import { destinationKeys } from "./destination.ts";
import { check, maxIssues, pointer, under, type Issue, type Parsed } from "./issue.ts";
import { nearest, show } from "./message.ts";
import { isRecord, withoutEmpty } from "./record.ts";

/** So deep reaches what may be null for "not given": a destination in a flow, in each of the flows inside each other. */
export const flowDepth = 4 + 2 * maxNesting;

/** Reads a flow in any spelling. A flow without actions is a flow. Never throws. */
export function parseFlow(input: unknown): Parsed<readonly Action[]> {
  // Long lists are refused before their actions are looked at: what they cost is bounded.
  if (Array.isArray(input) && input.length > maxActions) {
    return { ok: false, issues: [{ path: "", message: `must have at most ${maxActions} actions; got ${input.length}` }] };
  }
  const result = check(FlowSchema, withoutEmpty(input, flowDepth));
  return result.ok ? { ...result, warnings: flowWarnings(input) } : result;
}

/** What in an accepted flow is ignored or probably not meant. */
export function flowWarnings(flow: unknown): readonly Issue[] {
  if (!Array.isArray(flow)) return [];
  const warnings: Issue[] = [];
  for (const [index, action] of flow.entries()) {
    if (warnings.length >= maxIssues) break;
    warnings.push(...actionWarnings(action, `/${index}`));
  }
  return warnings.slice(0, maxIssues);
}

function actionWarnings(action: unknown, path: string): readonly Issue[] {
  if (!isRecord(action) || !isActionName(action["action"])) return [];
  const warnings = unknownKeys(action, Object.keys(actionSchemas[action["action"]].entries), path);
  for (const list of ["connect", "call"]) {
    const destinations = action[list];
    if (!Array.isArray(destinations)) continue;
    destinations.forEach((entry: unknown, index) => {
      if (isRecord(entry)) warnings.push(...unknownKeys(entry, destinationKeys(entry["type"]), `${path}/${list}/${index}`));
    });
  }
  const onFail = action["action"] === "stream" ? under(`${path}/on_stream_fail`, flowWarnings(action["on_stream_fail"])) : [];
  return [...warnings, ...doubtful(action, path), ...onFail];
}

/** A longer name is told by its beginning. */
const longestKey = 100;

/** A warning for each key that nobody knows, up to the number that is reported of one input. */
export function unknownKeys(record: Readonly<Record<string, unknown>>, known: readonly string[], path: string): Issue[] {
  return Object.keys(record)
    .filter((key) => !known.includes(key))
    .slice(0, maxIssues)
    .map((name) => {
      const key = name.length > longestKey ? `${name.slice(0, longestKey)}…` : name;
      const near = nearest(key, known);
      const hint = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
      return { path: path + pointer([key]), message: `is not a field here and is ignored${hint}` };
    });
}

function doubtful(action: Readonly<Record<string, unknown>>, path: string): readonly Issue[] {
  const { action: name, voice_quality: quality, text } = action;
  if (name === "stream" && quality !== undefined && quality !== null && !isQuality(quality)) {
    return [{ path: `${path}/voice_quality`, message: `should be 8000 or 16000; got ${show(quality)}, and 8000 is used` }];
  }
  if (name === "speak" && text === "") return [{ path: `${path}/text`, message: "is empty: nothing will be said" }];
  if (name === "connect" && Array.isArray(action["connect"]) && Array.isArray(action["call"])) {
    return [{ path: `${path}/call`, message: "is ignored, because connect is given" }];
  }
  return [];
}
