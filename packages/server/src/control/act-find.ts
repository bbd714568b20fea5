import { PiopiyError } from "../base/index.ts";
import type { Leg } from "../call/index.ts";
import type { LegRecord, LiveCall, World } from "./model.ts";

/** The running call of the app that an id means: its own, its request's or one of its legs'. Fails with `unknown_call`. */
export function callOf({ registry }: World, appid: string, anyId: string): LiveCall {
  const call = registry.find(appid, anyId);
  if (!call) throw new PiopiyError("unknown_call");
  return call;
}

/**
 * The leg that is meant: `which` is a leg's id, or `a` or `b` for the one that is up or being called. Without it
 * `anyId`, when that is a leg's, else leg a. Fails with `unknown_call`.
 */
export function legOf(call: LiveCall, anyId: string, which?: string): LegRecord {
  const wanted = which ?? (call.legs.has(anyId) ? anyId : "a");
  const named = call.legs.get(wanted);
  const candidates = named ? [named] : [...call.legs.values()].filter(({ facts }) => facts.which === wanted);
  const live = candidates.filter(({ times }) => times.endedMs === undefined);
  const found = live.find(({ times }) => times.answeredMs !== undefined) ?? live.at(-1);
  if (found) return found;
  throw new PiopiyError("unknown_call", candidates.length > 0 ? "This leg has ended." : "The call has no such leg.");
}

/** Fails with `not_answered` while it is not up. */
export function upLeg({ leg, times }: LegRecord): Leg {
  if (!leg || times.answeredMs === undefined) throw new PiopiyError("not_answered");
  return leg;
}
