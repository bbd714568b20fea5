import { channels } from "../base/index.ts";
import { mediaStatisticsOf, patiently, type Cause } from "../call/index.ts";
import { updateCall } from "../store/index.ts";
import { FAILED } from "./causes.ts";
import type { LiveCall, World } from "./model.ts";

/** It was not its turn before the server shut down: it is dialled after the next start. */
export const STAYS_QUEUED = "stays queued";
/** Why a call ended, or that it has not begun. */
export type Outcome = Cause | typeof STAYS_QUEUED;

/** Runs a call in the background; whatever becomes of `work`, every leg and the call get their one end. */
export function runCall(world: World, call: LiveCall, work: () => Promise<Outcome>): void {
  world.registry.add(call);
  call.done = toTheEnd(world, call, work).finally(() => world.registry.remove(call));
}

async function toTheEnd(world: World, call: LiveCall, work: () => Promise<Outcome>): Promise<void> {
  let cause = FAILED;
  try {
    const outcome = await work();
    if (outcome === STAYS_QUEUED) {
      world.registry.count("callEnded", "shutdown");
      return;
    }
    cause = outcome;
    for (const other of call.others) await other;
  } catch (failure) {
    channels.failure.publish({ layer: "control", failure });
  }
  try {
    await finish(world, call, cause);
  } catch (failure) {
    channels.failure.publish({ layer: "control", failure });
  }
}

async function finish({ store, clock, registry }: World, call: LiveCall, cause: Cause): Promise<void> {
  for (const leg of call.legs.values()) leg.ended(FAILED);
  for (const tell of call.afterFlow.splice(0)) tell();
  await patiently(clock, noteMedia(call));
  call.ended = true;
  registry.count("callEnded", cause.reason);
  call.timeline.add({ type: "call.ended", data: { ...cause } });
  const end = { status: "ended", cause: cause.reason, ended_ms: clock.now() } as const;
  const extra = call.extraParams === undefined ? {} : { extra_params: call.extraParams };
  await store.write((db) => updateCall(db, call.facts.id, { ...end, ...extra }), { patient: true });
  call.life.close(cause);
}

/** What the media of each leg came to: packets sent, received, lost, and what came to its port and was no RTP of the call. */
async function noteMedia({ legs, timeline }: LiveCall): Promise<void> {
  for (const { leg } of legs.values()) {
    const media = leg && (await mediaStatisticsOf(leg));
    if (leg && media) timeline.add({ type: "leg.media", legId: leg.id, data: { ...media } });
  }
}
