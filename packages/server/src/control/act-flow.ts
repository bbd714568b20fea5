import type { Action, Continuation } from "@piopiy/pcmo";
import { PiopiyError } from "../base/index.ts";
import { callOf, legOf } from "./act-find.ts";
import { hold, noteAction } from "./act.ts";
import { askAnswerUrl } from "./answer-url.ts";
import { inBackground } from "./background.ts";
import type { LegRecord, LiveCall, World } from "./model.ts";
import { performFlow } from "./perform-flow.ts";
import { tie } from "./recorded-dialler.ts";

/** How long a leg may stay up that was taken out of a bridge. */
const DURATION_MS = 5_400_000;

export interface NextFlow {
  readonly leg?: string;
  readonly to: Continuation;
  /** What it is called on the timeline. */
  readonly action: "transfer" | "flow";
}

/**
 * Puts another flow in the place of the one that runs on a leg. A leg b is taken out of its bridge for that: leg a goes
 * on with what came after the bridge. An address is asked first, while everything goes on as it is; what it answers is
 * told on the timeline. A leg on hold is taken off hold. Fails with `unknown_call`, `not_answered`.
 */
export function nextFlow(world: World, appid: string, anyId: string, { leg: which, to, action }: NextFlow): void {
  const call = callOf(world, appid, anyId);
  const record = legOf(call, anyId, which);
  if (!record.leg || !(record.flow ?? record.release)) throw new PiopiyError("not_answered");
  noteAction(call, record, action);
  if ("flow" in to) goOnWith(world, call, record, to.flow);
  else inBackground(askAndGoOn(world, call, record, to.url));
}

async function askAndGoOn(world: World, call: LiveCall, record: LegRecord, url: string): Promise<void> {
  if (!record.leg) return;
  const flow = await askAnswerUrl(world, call, record.leg, url);
  if (flow && record.times.endedMs === undefined) goOnWith(world, call, record, flow);
}

function goOnWith(world: World, call: LiveCall, record: LegRecord, flow: readonly Action[]): void {
  hold(call, record, false);
  if (record.flow?.replace(flow)) return;
  const { leg, release } = record;
  if (!leg || !release) {
    call.timeline.add({ type: "warning", legId: record.facts.id, data: { warning: "flow_was_over" } });
    return;
  }
  release();
  tie(call, leg);
  call.others.push(performFlow(world, call, leg, record, { flow, durationMs: DURATION_MS, record: false }));
}
