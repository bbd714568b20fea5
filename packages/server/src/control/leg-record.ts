import { insertLeg, updateCall, updateLeg, type Queries } from "../store/index.ts";
import { sipCallIdOf, type Cause } from "../call/index.ts";
import { commit } from "./commit.ts";
import { endOfLeg, liveEvent } from "./events.ts";
import type { LegFacts, LegRecord, LegTimes, LiveCall, World } from "./model.ts";

export function openLeg(world: World, call: LiveCall, facts: LegFacts, hangup: (cause: Cause) => void): LegRecord {
  const { clock, registry } = world;
  const times: LegTimes = { startedMs: clock.now() };
  const waiting: (() => void)[] = [];
  /** A step of the leg, of its call too if it is leg a, and the event that tells it. */
  const step = (status: "ringing" | "answered", legTimes: object, callTimes: object) =>
    commit(world, liveEvent(world, call, facts, status), async (db) => {
      await updateLeg(db, facts.id, { status, ...legTimes });
      await updateFirst(db, call, facts, { status, ...callTimes });
    });
  const record: LegRecord = {
    facts,
    times,
    hangup,
    ringing() {
      if (times.ringingMs !== undefined || times.answeredMs !== undefined || times.endedMs !== undefined) return;
      times.ringingMs = clock.now();
      step("ringing", { ringing_ms: times.ringingMs }, {});
    },
    answered() {
      if (times.answeredMs !== undefined || times.endedMs !== undefined) return;
      times.answeredMs = clock.now();
      step("answered", { answered_ms: times.answeredMs }, { answered_ms: times.answeredMs });
      for (const then of waiting.splice(0)) then();
    },
    bridged() {
      if (times.endedMs === undefined) commit(world, liveEvent(world, call, facts, "bridged"), async () => undefined);
    },
    ended(cause) {
      if (times.endedMs !== undefined) return;
      times.endedMs = clock.now();
      registry.count("legEnded", cause.reason);
      const last = () => endLeg(world, call, record, cause);
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
  call.firstLegId ??= facts.id;
  registry.count("legStarted");
  commit(world, liveEvent(world, call, facts, "started"), insertion(call, facts, times.startedMs));
  return record;
}

/** Apart from the record, which is kept as long as the call lives: the row is not. */
function insertion(call: LiveCall, facts: LegFacts, startedMs: number): (db: Queries) => Promise<void> {
  const row = firstRow(call, facts, startedMs);
  return async (db) => {
    await insertLeg(db, row);
    await updateFirst(db, call, facts, { status: "dialling", started_ms: startedMs });
  };
}

/** The end, with the event and the record that tell it: all of it is written, or nothing. */
function endLeg(world: World, call: LiveCall, { facts, times, leg }: LegRecord, cause: Cause): void {
  const endedMs = times.endedMs ?? world.clock.now();
  const sip = { sip_status: cause.sipStatus ?? null, sip_call_id: (leg && sipCallIdOf(leg)) ?? null };
  commit(world, endOfLeg(world, call, facts, { ...times, endedMs }, cause.reason), (db) =>
    updateLeg(db, facts.id, { status: "ended", ended_ms: endedMs, cause: cause.reason, ended_by: cause.who, ...sip }),
  );
}

function firstRow(call: LiveCall, facts: LegFacts, startedMs: number): Parameters<typeof insertLeg>[1] {
  return {
    call_id: call.facts.id, status: "dialling", started_ms: startedMs, ringing_ms: null, answered_ms: null,
    ended_ms: null, cause: null, ended_by: null, sip_status: null, sip_call_id: null, ...facts,
  };
}

/** A call is where its leg a is. */
async function updateFirst(db: Queries, call: LiveCall, { which }: LegFacts, change: Parameters<typeof updateCall>[2]): Promise<void> {
  if (which === "a") await updateCall(db, call.facts.id, change);
}
