import { scope } from "../base/index.ts";
import type { Cause, Dialler, DialOutcome, DialRequest, DialTarget, EarlyMedia, Leg } from "../call/index.ts";
import { inBackground, within } from "./background.ts";
import { CANCELLED, causeOf, DURATION, FAILED } from "./causes.ts";
import { openLeg } from "./leg-record.ts";
import type { LegRecord, LiveCall, World } from "./model.ts";
import { gatesOf } from "./paced.ts";
import type { Place } from "./pacing.ts";
import { tellEncryption } from "./tell-encryption.ts";
import { allowTransfers } from "./transfers.ts";

/** Each is a row, and events that are told; a flow that dials without end shall not fill the database. */
const MAXIMUM_LEGS = 1000;

export interface RecordedDialler extends Dialler {
  /** Why the last leg that was dialled and not answered was not. */
  readonly lastRefusal: Cause | undefined;
}

/** What a caller whom nobody has answered yet is let know of those who are called for him. */
export interface Alerting {
  ringing(): void;
  /** Somebody is heard before he answers, until the returned function is called. */
  early(media: EarlyMedia): () => void;
}

/** The dialler, with every leg it makes taken down as `which` of the call. */
export function recordedDialler(world: World, call: LiveCall, which: "a" | "b", alerting?: Alerting): RecordedDialler {
  // No getters: an object that is made with some takes several times the memory, for each call.
  const dialler: RecordedDialler & { lastRefusal: Cause | undefined } = {
    lastRefusal: undefined,
    async dial(request, signal) {
      if (call.legs.size >= MAXIMUM_LEGS) {
        call.timeline.add({ type: "warning", data: { warning: "too_many_legs", most: MAXIMUM_LEGS } });
        return { answered: false, cause: FULL };
      }
      using attempt = scope(signal);
      let up: Leg | undefined;
      const record = openLeg(world, call, factsOf(request, which), (cause) => {
        if (up) inBackground(up.hangup(cause));
        else attempt.close(cause);
      });
      const outcome = await allowed(world, call, request, record, () => {
        const dial = () => dialOne(world, request, record, attempt.signal, alerting);
        return which === "a" ? dial() : underLimits(world, call, request, record, attempt.signal, dial);
      });
      if (outcome.answered) up = outcome.leg;
      if (request.inPlaceOf) return takenOver(call, request.inPlaceOf, record, outcome);
      if (!outcome.answered) {
        dialler.lastRefusal = outcome.cause;
        return outcome;
      }
      record.leg = outcome.leg;
      if (which === "a") return outcome;
      allowTransfers(world, call, outcome.leg, () => recordedDialler(world, call, "b"));
      tellEncryption(call, outcome.leg);
      return { ...outcome, released: releasable(record) };
    },
  };
  return dialler;
}

/** Somebody has taken the place of a leg's party: a leg b's record ends with its party, and the new one's stands for the leg. */
function takenOver(call: LiveCall, leg: Leg, record: LegRecord, outcome: DialOutcome): DialOutcome {
  if (!outcome.answered) return outcome;
  record.leg = leg;
  for (const before of call.legs.values()) {
    if (before === record || before.leg !== leg || before.facts.which !== "b" || before.times.endedMs !== undefined) continue;
    if (before.flow) record.flow = before.flow;
    if (before.release) record.release = before.release;
    before.ended({ reason: "completed", who: "peer" });
  }
  return outcome;
}

/** Dials what the configuration lets be called, and ends what is up for too long. */
async function allowed(world: World, call: LiveCall, { target }: DialRequest, record: LegRecord, dial: () => Promise<DialOutcome>): Promise<DialOutcome> {
  const { guard } = world;
  const { appid } = call.facts;
  const refusal = guard.refusal(appid, target);
  if (refusal) {
    call.timeline.add({ type: "call.refused", legId: record.facts.id, data: { ...refusal } });
    record.ended(FORBIDDEN);
    return { answered: false, cause: FORBIDDEN };
  }
  const outcome = await dial();
  if (outcome.answered) guard.watch(appid, target, outcome.leg, () => inBackground(outcome.leg.hangup(DURATION)));
  return outcome;
}

/** Nobody was asked: the configuration does not let the number be called. */
const FORBIDDEN: Cause = { reason: "rejected", who: "us", sipStatus: 403 };

/** Waits for the trunk's turn, and keeps its place while the leg is up. Leg a waited with its call. */
async function underLimits(
  world: World,
  call: LiveCall,
  { target, timeoutMs }: DialRequest,
  record: LegRecord,
  signal: AbortSignal,
  dial: () => Promise<DialOutcome>,
): Promise<DialOutcome> {
  let place: Place | undefined;
  try {
    const entered = world.pacing.enter(gatesOf(world, call.facts.appid, target));
    place = entered;
    // Not for longer than it may ring: it might wait for the end of its own call.
    if (entered.queued) await within(world.clock, timeoutMs, signal, (turn) => entered.turn(turn));
  } catch {
    const cause = signal.aborted ? givenUp(signal.reason) : FULL;
    record.ended(cause);
    return { answered: false, cause };
  }
  const { leave } = place;
  const outcome = await dial().catch((failure: unknown) => {
    leave();
    throw failure;
  });
  if (outcome.answered) follow(outcome.leg, leave);
  else leave();
  return outcome;
}

/** The trunk takes no more calls now, or the call has had too many legs. */
const FULL: Cause = { reason: "unreachable", who: "us", sipStatus: 503 };

/** Lets somebody else take over the leg: the signal tells the bridge that it is no longer its own. */
function releasable(record: LegRecord): AbortSignal {
  const released = new AbortController();
  record.release = () => {
    delete record.release;
    released.abort();
  };
  return released.signal;
}

async function dialOne(
  { dialler }: World,
  request: DialRequest,
  record: LegRecord,
  signal: AbortSignal,
  alerting?: Alerting,
): Promise<DialOutcome> {
  let leave: (() => void) | undefined;
  const told = {
    onRinging() {
      record.ringing();
      alerting?.ringing();
      request.onRinging?.();
    },
    onEarlyMedia(media: EarlyMedia) {
      leave = alerting?.early(media);
      request.onEarlyMedia?.(media);
    },
  };
  try {
    const outcome = await dialler.dial({ ...request, ...told }, signal);
    if (outcome.answered) {
      record.answered();
      follow(outcome.leg, (cause) => record.ended(cause));
      return outcome;
    }
    // Who gave it up knows better why than the network, which only sees a CANCEL.
    const cause = signal.aborted && outcome.cause.reason === "cancelled" ? givenUp(signal.reason) : outcome.cause;
    record.ended(cause);
    return { answered: false, cause };
  } catch (failure) {
    record.ended(signal.aborted ? givenUp(signal.reason) : FAILED);
    throw failure;
  } finally {
    leave?.();
  }
}

function givenUp(reason: unknown): Cause {
  const cause = causeOf(reason);
  return cause.reason === "failed" || cause.reason === "completed" ? CANCELLED : cause;
}

/** Calls `then` once with the cause for which the leg ended. */
export function follow(leg: Leg, then: (cause: Cause) => void): void {
  const ended = () => then(causeOf(leg.signal.reason));
  if (leg.signal.aborted) ended();
  else leg.signal.addEventListener("abort", ended, { once: true });
}

/** Ends leg a with its call, and says on the timeline when it has ended. */
export function tie(call: LiveCall, leg: Leg): void {
  follow(leg, (cause) => call.timeline.add({ type: "leg.ended", legId: leg.id, data: { ...cause } }));
  call.life.onClose(() => inBackground(leg.hangup(causeOf(call.life.signal.reason))));
}

function factsOf(request: DialRequest, which: "a" | "b") {
  return { id: request.legId, which, direction: "outbound", from: request.from, to: textOf(request.target) } as const;
}

/** A destination as it is shown: digits, a user name or a SIP URI. */
export function textOf(target: DialTarget): string {
  if (target.type === "number") return target.number;
  return target.type === "user" ? target.user : target.uri;
}
