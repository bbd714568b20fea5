import { channels } from "../base/index.ts";
import { mediaStatisticsOf, patiently, type Cause } from "../call/index.ts";
import { noteLegMedia, updateCall, type Queries } from "../store/index.ts";
import { FAILED } from "./causes.ts";
import type { LiveCall, World } from "./model.ts";

/** It was not its turn before the server shut down: it is dialled after the next start. */
export const STAYS_QUEUED = "stays queued";
/** Why a call ended, or that it has not begun. */
export type Outcome = Cause | typeof STAYS_QUEUED;

/** Runs a call in the background; whatever becomes of `work`, every leg and the call get their one end. */
export function runCall(world: World, call: LiveCall, work: () => Promise<Outcome>): void {
  world.registry.add(call);
  call.done = toTheEnd(world, call, work);
}

async function toTheEnd(world: World, call: LiveCall, work: () => Promise<Outcome>): Promise<void> {
  let cause = FAILED;
  try {
    const outcome = await work();
    if (outcome === STAYS_QUEUED) {
      world.registry.count("callEnded", "shutdown");
      world.registry.remove(call);
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
  world.registry.remove(call);
}

async function finish(world: World, call: LiveCall, cause: Cause): Promise<void> {
  const { store, clock, registry } = world;
  for (const leg of call.legs.values()) leg.ended(FAILED);
  for (const tell of call.afterFlow.splice(0)) tell();
  const media: LegMedia[] = [];
  await patiently(clock, noteMedia(call, media));
  call.ended = true;
  registry.count("callEnded", cause.reason);
  const { leftOut: entries } = call.timeline;
  if (entries > 0) call.timeline.add({ type: "timeline.left_out", data: { entries } });
  call.timeline.add({ type: "call.ended", data: { ...cause } });
  const end = { status: "ended", cause: cause.reason, ended_ms: clock.now() } as const;
  const extra = call.extraParams === undefined ? {} : { extra_params: call.extraParams };
  const write = async (db: Queries) => {
    for (const { id, media: own } of media) await noteLegMedia(db, id, own);
    await updateCall(db, call.facts.id, { ...end, ...extra });
  };
  await store.writeSoon(write);
  call.life.close(cause);
}

interface LegMedia {
  readonly id: string;
  readonly media: unknown;
}

/** What the media of each leg came to: packets sent, received, lost, and what came to its port and was no RTP of the call. */
async function noteMedia({ legs, timeline }: LiveCall, noted: LegMedia[]): Promise<void> {
  for (const { leg, facts } of legs.values()) {
    const media = leg && (await mediaStatisticsOf(leg));
    if (!leg || !media) continue;
    timeline.add({ type: "leg.media", legId: leg.id, data: { ...media } });
    noted.push({ id: facts.id, media });
  }
}
