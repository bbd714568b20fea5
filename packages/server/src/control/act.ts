import { callOf, legOf, upLeg } from "./act-find.ts";
import { inBackground } from "./background.ts";
import { CANCELLED, COMPLETED } from "./causes.ts";
import type { LegRecord, LiveCall, World } from "./model.ts";

export type CallAction = "hangup" | "hold" | "unhold" | "holdToggle";

/** Does `action` to the call or the leg that `anyId` means. Fails with `unknown_call`, `not_answered`. */
export function act(world: World, appid: string, anyId: string, action: CallAction): void {
  const call = callOf(world, appid, anyId);
  if (action === "hangup") return hangUp(call, anyId);
  const record = legOf(call, anyId);
  const { control } = upLeg(record);
  noteAction(call, record, action);
  hold(call, record, action === "holdToggle" ? !control.held : action === "hold");
}

/** A leg a is its call; a leg b is hung up alone. */
function hangUp(call: LiveCall, anyId: string): void {
  const leg = call.legs.get(anyId);
  call.timeline.add({ type: "call.action", ...(leg ? { legId: anyId } : {}), data: { action: "hangup" } });
  if (leg?.facts.which === "b") {
    leg.hangup(leg.times.answeredMs === undefined ? CANCELLED : COMPLETED);
    return;
  }
  const up = [...call.legs.values()].some(({ facts, times }) => facts.which === "a" && times.answeredMs !== undefined);
  call.life.close(up ? COMPLETED : CANCELLED);
}

/** Puts a leg that is up on hold or takes it back; nothing happens when it is as it shall be. */
export function hold(call: LiveCall, record: LegRecord, on: boolean): void {
  const control = record.leg?.control;
  if (!control || control.held === on) return;
  control.hold(on);
  call.timeline.add({ type: on ? "leg.held" : "leg.resumed", legId: record.facts.id });
}

export function mute(world: World, appid: string, anyId: string, { leg: which, on }: { readonly leg?: string; readonly on: boolean }): void {
  const call = callOf(world, appid, anyId);
  const record = legOf(call, anyId, which);
  const { control } = upLeg(record);
  if (control.muted === on) return;
  control.mute(on);
  call.timeline.add({ type: on ? "leg.muted" : "leg.unmuted", legId: record.facts.id });
}

/** Begins to press keys towards a leg; they queue behind those before them. */
export function sendDigits(
  world: World, appid: string, anyId: string, { leg: which, digits }: { readonly leg?: string; readonly digits: string },
): void {
  const call = callOf(world, appid, anyId);
  const record = legOf(call, anyId, which);
  const leg = upLeg(record);
  inBackground(leg.control.sendDigits(digits, leg.signal));
  call.timeline.add({ type: "digits.sent", legId: record.facts.id, data: { digits } });
}

export function noteAction(call: LiveCall, { facts }: LegRecord, action: string): void {
  call.timeline.add({ type: "call.action", legId: facts.id, data: { action } });
}
