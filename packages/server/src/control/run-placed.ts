import type { DialTarget } from "../call/index.ts";
import { updateCall } from "../store/index.ts";
import { CANCELLED, causeOf } from "./causes.ts";
import { dialFirstLeg, type Dialling } from "./dial-first-leg.ts";
import { openLeg } from "./leg-record.ts";
import type { LiveCall, World } from "./model.ts";
import { appGate, gatesOf } from "./paced.ts";
import type { Place } from "./pacing.ts";
import { runCall, STAYS_QUEUED, type Outcome } from "./run-call.ts";

/** A place for a call of the app to that target. Fails with `TooManyCalls`, unless it was taken before. */
export function placeOf(world: World, appid: string, target: DialTarget, taken = false): Place {
  return world.pacing.enter([appGate(appid), ...gatesOf(world, appid, target)], taken);
}

/** Dials a call when it is its turn, and runs it to its end. */
export function runPlaced(world: World, call: LiveCall, place: Place, dialling: Dialling): void {
  runCall(world, call, async () => {
    try {
      const outcome = place.queued ? await itsTurn(world, call, place) : undefined;
      return outcome ?? (await dialFirstLeg(world, call, dialling));
    } finally {
      place.leave();
    }
  });
}

/** Waits in the queue. What ends the call meanwhile is its outcome: a leg that was never dialled tells the app. */
async function itsTurn(world: World, call: LiveCall, place: Place): Promise<Outcome | undefined> {
  const { store, clock, ids } = world;
  call.queued = true;
  try {
    await place.turn(call.life.signal);
    call.queued = false;
  } catch {
    const cause = causeOf(call.life.signal.reason);
    if (cause.reason === "shutdown") return STAYS_QUEUED;
    const { from, to } = call.facts;
    openLeg(world, call, { id: ids.uuid(), which: "a", direction: "outbound", from, to }, () => undefined).ended(CANCELLED);
    return CANCELLED;
  }
  // Durable before anything is sent: a call that may have rung is never dialled a second time.
  await store.write((db) => updateCall(db, call.facts.id, { status: "dialling", started_ms: clock.now() }));
  return undefined;
}
