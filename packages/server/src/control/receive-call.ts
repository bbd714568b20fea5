import type { Action } from "@piopiy/pcmo";
import type { Cause, EarlyMedia, Leg } from "../call/index.ts";
import { insertCall, insertEntry, updateCall } from "../store/index.ts";
import { askForFlow, type FlowSource } from "./answer-url.ts";
import { inBackground } from "./background.ts";
import { causeOf, FAILED, SHUTDOWN } from "./causes.ts";
import { routeOf, type InboundRoute } from "./inbound-route.ts";
import { openLeg } from "./leg-record.ts";
import { createLiveCall, entryOf } from "./live-call.ts";
import type { CallFacts, LegRecord, LiveCall, World } from "./model.ts";
import { performFlow } from "./perform-flow.ts";
import { follow, tie } from "./recorded-dialler.ts";
import { runCall } from "./run-call.ts";

/** A call that came in and that nobody has answered. */
export interface Incoming {
  readonly leg: Leg;
  /** Tells the caller that somebody is being alerted. */
  ring(): void;
  /** Lets the caller hear what the leg is joined with before it is answered. */
  preview?(): void;
  reject(cause: Cause): void;
}

const UNKNOWN: Cause = { reason: "unreachable", who: "us", sipStatus: 404 };
const OVERLOADED: Cause = { reason: "rejected", who: "us", sipStatus: 503 };
const DURATION_MS = 5_400_000;

/** The flow of a number is the same one for all its calls. */
const texts = new WeakMap<readonly Action[], string>();

function textOf(flow: readonly Action[]): string {
  const text = texts.get(flow) ?? JSON.stringify(flow);
  texts.set(flow, text);
  return text;
}

/** Takes a call, performs what its number asks for, and writes its record. Never rejects and does not wait for its end. */
export function receiveCall(world: World, incoming: Incoming): void {
  try {
    world.registry.admit();
  } catch {
    incoming.reject(world.registry.draining ? SHUTDOWN : OVERLOADED);
    return;
  }
  const { leg } = incoming;
  const { from, to } = leg.info;
  const route = routeOf(world, to, from);
  const facts: CallFacts = { id: world.ids.uuid(), appid: route.appid, direction: "inbound", from, to };
  const call = createLiveCall(world, facts, 1);
  const nowMs = world.clock.now();
  const flow = route.type === "flow" ? route.flow : [];
  inBackground(
    world.store.writeSoon(async (db) => {
      await insertCall(db, {
        id: facts.id, appid: facts.appid, direction: facts.direction, from, to, status: "dialling", created_ms: nowMs, flow: textOf(flow), options: "{}",
        request_id: null, cause: null, started_ms: null, answered_ms: null, ended_ms: null, extra_params: null,
      });
      await insertEntry(db, facts.id, entryOf({ type: "call.received", legId: leg.id, data: { route: route.type } }, 1, nowMs));
    }),
  );
  const record = openLeg(world, call, { id: leg.id, which: "a", direction: "inbound", from, to }, (cause) => inBackground(leg.hangup(cause)));
  record.leg = leg;
  tie(call, leg);
  follow(leg, (cause) => record.ended(cause));
  runCall(world, call, () => answerBy(world, call, incoming, record, route));
}

function answerBy(world: World, call: LiveCall, incoming: Incoming, record: LegRecord, route: InboundRoute): Promise<Cause> {
  const { leg } = incoming;
  const ring = () => {
    if (record.times.ringingMs === undefined) call.timeline.add({ type: "leg.ringing", legId: leg.id });
    record.ringing();
    incoming.ring();
  };
  const early = (media: EarlyMedia) => {
    if (record.times.answeredMs !== undefined) return () => undefined;
    incoming.preview?.();
    return media.join(leg);
  };
  const perform = (flow: readonly Action[]) =>
    performFlow(world, call, leg, record, { flow, durationMs: DURATION_MS, record: false, alerting: { ringing: ring, early } });
  if (route.type === "flow") return perform(route.flow);
  if (route.type === "unknown") return refuse(call, incoming, UNKNOWN, "unknown_number");
  ring();
  return askFirst(world, call, incoming, route.source, perform);
}

async function askFirst(
  world: World, call: LiveCall, incoming: Incoming, source: FlowSource, perform: (flow: readonly Action[]) => Promise<Cause>,
): Promise<Cause> {
  const flow = await askForFlow(world, call, incoming.leg, source);
  if (!flow) return await refuse(call, incoming, FAILED, "no_flow");
  inBackground(world.store.writeSoon((db) => updateCall(db, call.facts.id, { flow: JSON.stringify(flow) })));
  return await perform(flow);
}

async function refuse(call: LiveCall, incoming: Incoming, cause: Cause, code: string): Promise<Cause> {
  const { leg } = incoming;
  call.timeline.add({ type: "call.rejected", legId: leg.id, data: { code } });
  incoming.reject(cause);
  await leg.hangup(cause);
  return causeOf(leg.signal.reason);
}
