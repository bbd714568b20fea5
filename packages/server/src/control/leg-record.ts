import type { Cause } from "../call/index.ts";
import { insertLeg, updateCall, updateLeg } from "../store/index.ts";
import { inBackground } from "./background.ts";
import { cdrBody, eventBody, type LiveStatus } from "./webhook-bodies.ts";
import type { LegFacts, LegRecord, LegTimes, LiveCall, World } from "./model.ts";

export function openLeg(world: World, call: LiveCall, facts: LegFacts, hangup: (cause: Cause) => void): LegRecord {
  const { clock, store, registry } = world;
  const times: LegTimes = { startedMs: clock.now() };
  const waiting: (() => void)[] = [];
  const write = (change: Parameters<typeof updateLeg>[2]) => inBackground(store.writeSoon((db) => updateLeg(db, facts.id, change)));
  const tell = (status: LiveStatus) => call.webhooks.push("event", eventBody(call, facts, status, stamp(world, call)));
  const record: LegRecord = {
    facts,
    times,
    hangup,
    ringing() {
      if (times.ringingMs !== undefined || times.answeredMs !== undefined || times.endedMs !== undefined) return;
      times.ringingMs = clock.now();
      write({ status: "ringing", ringing_ms: times.ringingMs });
      if (facts.which === "a") moveCall(world, call, { status: "ringing" });
      tell("ringing");
    },
    answered() {
      if (times.answeredMs !== undefined || times.endedMs !== undefined) return;
      times.answeredMs = clock.now();
      write({ status: "answered", answered_ms: times.answeredMs });
      if (facts.which === "a") moveCall(world, call, { status: "answered", answered_ms: times.answeredMs });
      tell("answered");
      for (const then of waiting.splice(0)) then();
    },
    bridged() {
      if (times.endedMs === undefined) tell("bridged");
    },
    ended(cause) {
      if (times.endedMs !== undefined) return;
      times.endedMs = clock.now();
      write({ status: "ended", ended_ms: times.endedMs, cause: cause.reason, ended_by: cause.who, sip_status: cause.sipStatus ?? null });
      registry.count("legEnded", cause.reason);
      const last = () => {
        tell("hangup");
        call.webhooks.push("cdr", cdrBody(call, facts, times, { ...stamp(world, call, times.endedMs), cause }));
      };
      // What a flow that still runs will have set with `param` belongs into the record of its leg.
      if (facts.which === "a" && times.answeredMs !== undefined) call.afterFlow.push(last);
      else last();
    },
    onAnswered(then) {
      if (times.answeredMs === undefined) waiting.push(then);
      else then();
    },
  };
  call.legs.set(facts.id, record);
  registry.count("legStarted");
  inBackground(store.writeSoon((db) => insertLeg(db, firstRow(call, facts, times.startedMs))));
  if (facts.which === "a") moveCall(world, call, { status: "dialling", started_ms: times.startedMs });
  tell("started");
  return record;
}

function firstRow(call: LiveCall, facts: LegFacts, startedMs: number): Parameters<typeof insertLeg>[1] {
  return {
    ...facts, call_id: call.facts.id, status: "dialling", started_ms: startedMs, ringing_ms: null, answered_ms: null,
    ended_ms: null, cause: null, ended_by: null, sip_status: null,
  };
}

function moveCall({ store }: World, call: LiveCall, change: Parameters<typeof updateCall>[2]): void {
  inBackground(store.writeSoon((db) => updateCall(db, call.facts.id, change)));
}

function stamp({ clock, ids }: World, call: LiveCall, nowMs = clock.now()) {
  return { nowMs, eventId: ids.uuid(), sequence: call.webhooks.next() };
}
