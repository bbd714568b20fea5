import type { TimelineEntry } from "../store/index.ts";

interface PerformedAction {
  readonly cmiuuid: string | null;
  readonly action_index: number;
  readonly action: string;
  readonly started_ms: number;
  ended_ms: number | null;
  outcome: "running" | "finished" | "failed" | "interrupted";
  data: Readonly<Record<string, unknown>>;
}

/** Every action of a timeline with its start, its end and what came of it, in the order they were begun. */
export function actionsView(timeline: readonly TimelineEntry[]): readonly PerformedAction[] {
  const actions: PerformedAction[] = [];
  for (const { type, leg_id: cmiuuid = null, action_index: index, at_ms, data: { action, ...data } = {} } of timeline) {
    if (index === undefined) continue;
    if (type === "action.started") {
      actions.push({ cmiuuid, action_index: index, action: String(action), started_ms: at_ms, ended_ms: null, outcome: "running", data: {} });
    }
    if (type !== "action.finished" && type !== "action.failed") continue;
    const open = actions.findLast((one) => one.cmiuuid === cmiuuid && one.action_index === index && one.ended_ms === null);
    if (!open) continue;
    const { interrupted, ...rest } = data;
    open.ended_ms = at_ms;
    open.outcome = type === "action.failed" ? "failed" : interrupted === true ? "interrupted" : "finished";
    open.data = rest;
  }
  return actions;
}
