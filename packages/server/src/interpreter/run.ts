import type { Action } from "@piopiy/pcmo";
import { aborted, scope } from "../base/index.ts";
import type { Cause, Leg } from "../call/index.ts";
import { createFlowSwitch, type Switched } from "./flow-switch.ts";
import { companyOf } from "./company.ts";
import { lineOf } from "./line.ts";
import { perform } from "./perform.ts";
import type { Ports } from "./ports.ts";
import { closeRecordings } from "./recordings.ts";
import { createStreams } from "./streams.ts";
import { isMessage } from "./take-message.ts";
import type { CallContext } from "./call-context.ts";
import type { Stage } from "./verb.ts";

/** How a flow ended; `extraParams` as it was then. */
export type FlowResult = FlowEnd & { readonly extraParams?: string };

type FlowEnd =
  /** The list is exhausted; the leg is still up. */
  | { readonly end: "completed" }
  /** An action ended the leg. */
  | { readonly end: "hung_up"; readonly cause: Cause }
  /** The leg ended: the party hung up, its time was over, the network failed. */
  | { readonly end: "leg_ended"; readonly cause: Cause }
  /** The caller's `signal` aborted. */
  | { readonly end: "aborted" };

/**
 * Performs `flow` on `leg`, one action after the other, and puts what happens on the timeline. An action that fails is
 * an entry there and the flow goes on; this function rejects for nothing that a flow or a network can do.
 *
 * When the list is exhausted the leg is left up for the caller to end, with two exceptions: a flow whose last action is
 * a `record` that runs (voicemail) goes on until the leg ends, and one with a stream until that ends. Recordings are
 * complete on disk, and streams closed, when this resolves. `outside` may put another flow in its place meanwhile, and so
 * may streams; recordings and streams go on over that.
 */
export async function runFlow(
  flow: readonly Action[], call: CallContext, leg: Leg, ports: Ports, signal: AbortSignal, outside: Switched = createFlowSwitch(),
): Promise<FlowResult> {
  // `using` would keep a list of what to close, for as long as the call lasts.
  const life = scope(signal);
  const legOver = () => life.close(leg.signal.reason);
  if (leg.signal.aborted) legOver();
  else leg.signal.addEventListener("abort", legOver, { once: true });
  const note = noteOf(leg, ports);
  const line = lineOf(leg, life.signal, () => note("leg.answered"));
  const company = companyOf(leg);
  const streams = createStreams({ call, leg, line, company, ports, outside, signal: life.signal });
  const stage: Stage = { call, leg, line, company, ports, streams, signal: life.signal, note, recordings: [], unfinished: new Set() };
  try {
    note("flow.started", { actions: flow.length });
    const result = await performAll(flow, stage, outside);
    outside.close();
    await Promise.all([closeRecordings(stage), streams.over(), ...stage.unfinished]);
    note("flow.finished", { ...result });
    return result;
  } finally {
    leg.signal.removeEventListener("abort", legOver);
    life.close();
  }
}

async function performAll(flow: readonly Action[], stage: Stage, outside: Switched): Promise<FlowResult> {
  let { call } = stage;
  let actions = flow;
  for (;;) {
    const course = outside.course(stage.signal);
    const { hungUp, left, ...done } = await performList(actions, { ...stage, call, signal: course.signal });
    // Where that fails it ends with its parent.
    course.close();
    call = done.call;
    if (hungUp) return resultOf({ end: "hung_up", cause: hungUp }, call);
    const next = outside.take();
    if (!next || stage.signal.aborted) return resultOf(endOf(stage), call);
    stage.note("flow.replaced", { actions: next.flow.length, dropped: left, by: next.by });
    actions = next.flow;
  }
}

interface Performed {
  readonly call: CallContext;
  readonly hungUp?: Cause;
  /** How many actions were not begun. */
  readonly left: number;
}

/** Performs a flow, and what its actions put in its place. */
async function performList(flow: readonly Action[], stage: Stage): Promise<Performed> {
  let { call } = stage;
  let actions = flow;
  let index = 0;
  for (; !stage.signal.aborted; index++) {
    const action = actions[index];
    if (!action) break;
    const note = noteOf(stage.leg, stage.ports, index);
    const result = await perform(action, { ...stage, call, note }, index + 1 < actions.length);
    if (result.extraParams !== undefined) call = withParams(call, result.extraParams);
    if (result.hungUp) return { call, hungUp: result.hungUp, left: actions.length - index - 1 };
    if (!result.replaceWith) continue;
    note("flow.replaced", { actions: result.replaceWith.length, dropped: actions.length - index - 1 });
    actions = result.replaceWith;
    index = -1;
  }
  const last = actions.at(-1);
  const holds = last?.action === "record" && !isMessage(last) && stage.recordings.length > 0;
  if (holds) await aborted(stage.signal);
  else await stage.streams.outlast(stage.signal);
  return { call, left: actions.length - index };
}

/** Entries of one action, or, without an index (which counts anew in a flow that replaced another), of none. */
function noteOf(leg: Leg, { timeline }: Ports, actionIndex?: number): Stage["note"] {
  return (type, data, legId = leg.id) =>
    timeline.add({ type, legId, ...(actionIndex !== undefined && { actionIndex }), ...(data && { data }) });
}

function endOf({ leg, signal }: Stage): FlowEnd {
  if (leg.signal.aborted) return { end: "leg_ended", cause: leg.signal.reason };
  return { end: signal.aborted ? "aborted" : "completed" };
}

const withParams = (call: CallContext, extraParams: string): CallContext => ({ ...call, extraParams });

function resultOf(end: FlowEnd, { extraParams }: CallContext): FlowResult {
  return extraParams === undefined ? end : { ...end, extraParams };
}
