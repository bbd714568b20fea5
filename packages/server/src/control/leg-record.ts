import { insertLeg, updateCall, updateLeg, type Queries } from "../store/index.ts";
import { sipCallIdOf, type Cause, type Leg } from "../call/index.ts";
import type { FlowSwitch } from "../interpreter/index.ts";
import { commit } from "./commit.ts";
import { endOfLeg, liveEvent } from "./events.ts";
import type { LegFacts, LegRecord, LegTimes, LiveCall, World } from "./model.ts";

export function openLeg(world: World, call: LiveCall, facts: LegFacts, hangup: (cause: Cause) => void): LegRecord {
  const record = new Recorded(world, call, facts, hangup);
  call.legs.set(facts.id, record);
  call.firstLegId ??= facts.id;
  world.registry.count("legStarted");
  commit(world, liveEvent(world, call, facts, "started"), insertion(call, facts, record.times.startedMs));
  return record;
}

/** A class and no functions around variables: it lasts as long as its leg. */
class Recorded implements LegRecord {
  readonly facts: LegFacts;
  readonly times: LegTimes;
  readonly hangup: (cause: Cause) => void;
  leg?: Leg;
  flow?: FlowSwitch;
  release?: () => void;
  readonly #world: World;
  readonly #call: LiveCall;
  #waiting: readonly (() => void)[] = [];

  constructor(world: World, call: LiveCall, facts: LegFacts, hangup: (cause: Cause) => void) {
    this.#world = world;
    this.#call = call;
    this.facts = facts;
    this.hangup = hangup;
    this.times = { startedMs: world.clock.now() };
  }

  ringing(): void {
    const { times } = this;
    if (times.ringingMs !== undefined || times.answeredMs !== undefined || times.endedMs !== undefined) return;
    times.ringingMs = this.#world.clock.now();
    this.#step("ringing", { ringing_ms: times.ringingMs }, {});
  }

  answered(): void {
    const { times } = this;
    if (times.answeredMs !== undefined || times.endedMs !== undefined) return;
    times.answeredMs = this.#world.clock.now();
    this.#step("answered", { answered_ms: times.answeredMs }, { answered_ms: times.answeredMs });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const then of waiting) then();
  }

  bridged(): void {
    if (this.times.endedMs === undefined) commit(this.#world, liveEvent(this.#world, this.#call, this.facts, "bridged"), async () => undefined);
  }

  ended(cause: Cause): void {
    const { times, facts } = this;
    if (times.endedMs !== undefined) return;
    times.endedMs = this.#world.clock.now();
    this.#world.registry.count("legEnded", cause.reason);
    const last = () => endLeg(this.#world, this.#call, this, cause);
    // What a flow that still runs will have set with `param` belongs into the record of its leg.
    if (facts.which === "a" && times.answeredMs !== undefined) this.#call.afterFlow.push(last);
    else last();
  }

  onAnswered(then: () => void): void {
    if (this.times.answeredMs === undefined) this.#waiting = this.#waiting.concat(then);
    else then();
  }

  /** A step of the leg, of its call too if it is leg a, and the event that tells it. */
  #step(status: "ringing" | "answered", legTimes: object, callTimes: object): void {
    const { facts } = this;
    const call = this.#call;
    commit(this.#world, liveEvent(this.#world, call, facts, status), async (db) => {
      await updateLeg(db, facts.id, { status, ...legTimes });
      await updateFirst(db, call, facts, { status, ...callTimes });
    });
  }
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
  const { id, which, direction, from, to } = facts;
  return {
    id, which, direction, from, to, call_id: call.facts.id, status: "dialling", started_ms: startedMs, ringing_ms: null, answered_ms: null,
    ended_ms: null, cause: null, ended_by: null, sip_status: null, sip_call_id: null,
  };
}

/** A call is where its leg a is. */
async function updateFirst(db: Queries, call: LiveCall, { which }: LegFacts, change: Parameters<typeof updateCall>[2]): Promise<void> {
  if (which === "a") await updateCall(db, call.facts.id, change);
}
