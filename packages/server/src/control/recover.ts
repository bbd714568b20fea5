import type { Action } from "@piopiy/pcmo";
import {
  appendEntry, finishRecording, insertEvent, insertLeg, lastEventSequence, openCalls, readLegs, readRecordings, readTimeline, updateCall, updateLeg,
  type CallRow, type LegRow, type NewEvent, type RecordingRow,
} from "../store/index.ts";
import { endOfLeg, endOfRecording, liveEvent } from "./events.ts";
import { countUsedBefore } from "./guards/used-before.ts";
import { createLiveCall } from "./live-call.ts";
import type { CallFacts, LegFacts, LegTimes, ToldCall, World } from "./model.ts";
import type { PlacedOptions } from "./place-call.ts";
import { placeOf, runPlaced } from "./run-placed.ts";

const INTERRUPTED = "interrupted";

/**
 * Closes what a process that died has left open, as `interrupted`: every leg and every recording gets its one end, and
 * its app is told. A call that was being dialled is not dialled again: whoever was called may have heard it ring.
 */
export async function recover(world: World): Promise<number> {
  const { store, outbox, guard } = world;
  const open = await openCalls(store.db);
  const begun = open.filter(({ status }) => status !== "queued");
  await Promise.all(begun.map((call) => close(world, call)));
  outbox.wake();
  await countUsedBefore(store, guard);
  for (const call of open) if (call.status === "queued") await dialLater(world, call);
  return begun.length;
}

/** A call that still waits for its turn goes on waiting, in the place it had. */
async function dialLater(world: World, row: CallRow): Promise<void> {
  const options: PlacedOptions = JSON.parse(row.options);
  const pcmo: readonly Action[] = JSON.parse(row.flow);
  const { target, answerUrl, ...request } = options;
  const timeline = await readTimeline(world.store.db, row.id);
  const call = createLiveCall(world, factsOfCall(row), timeline.length, row.extra_params ?? undefined);
  call.timeline.add({ type: "call.requeued" });
  runPlaced(world, call, placeOf(world, row.appid, target, true), { target, answerUrl, request: { ...request, pcmo, from: row.from } });
}

async function close(world: World, call: CallRow): Promise<void> {
  const { store, clock } = world;
  const nowMs = clock.now();
  const legs = await readLegs(store.db, call.id);
  const told = toldCall(call, legs, await lastEventSequence(store.db, call.id));
  const recordings = (await readRecordings(store.db, call.id)).filter(({ status }) => status === "recording");
  const lengths = await Promise.all(recordings.map(async ({ file }) => await world.recoverRecording?.(file)));
  // A call that was taken and not dialled any more has no leg: it gets one, so that its app hears of its end.
  const never = legs.length === 0 ? legNeverDialled(world, call) : undefined;
  const started = never ? liveEvent(world, told, factsOf(never), "started", never.started_ms) : [];
  const recorded = recordings.flatMap((recording, index) => {
    const leg = legs.find(({ id }) => id === recording.leg_id);
    return leg ? endOfRecording(world, told, factsOf(leg), endOf(recording, lengths[index])) : [];
  });
  const unfinished = [...legs, ...(never ? [never] : [])].filter(({ status }) => status !== "ended");
  const ends = unfinished.flatMap((leg) => endOfLeg(world, told, factsOf(leg), timesOf(leg, nowMs), INTERRUPTED));
  const events: readonly NewEvent[] = [...started, ...recorded, ...ends];
  await store.write(async (db) => {
    if (never) await insertLeg(db, never);
    for (const [index, { id }] of recordings.entries()) {
      await finishRecording(db, id, { status: lengths[index] === undefined ? "failed" : INTERRUPTED, duration_ms: lengths[index] ?? null, completed_ms: nowMs });
    }
    for (const { id } of unfinished) await updateLeg(db, id, { status: "ended", cause: INTERRUPTED, ended_by: "us", ended_ms: nowMs });
    for (const event of events) await insertEvent(db, event);
    await updateCall(db, call.id, { status: "ended", cause: INTERRUPTED, ended_ms: nowMs });
    await appendEntry(db, call.id, { at_ms: nowMs, type: "call.ended", data: { cause: INTERRUPTED } });
  });
}

function toldCall(call: CallRow, legs: readonly LegRow[], lastSequence: number): ToldCall {
  let sequence = lastSequence;
  return { facts: factsOfCall(call), extraParams: call.extra_params ?? undefined, firstLegId: legs[0]?.id, nextSequence: () => (sequence += 1) };
}

function factsOfCall({ id, request_id, appid, direction, from, to }: CallRow): CallFacts {
  return { id, appid, direction, from, to, ...(request_id === null ? {} : { requestId: request_id }) };
}

const factsOf = ({ id, which, direction, from, to }: LegRow): LegFacts => ({ id, which, direction, from, to });

function timesOf({ started_ms, ringing_ms, answered_ms }: LegRow, endedMs: number): LegTimes & { readonly endedMs: number } {
  return {
    startedMs: started_ms,
    ...(ringing_ms === null ? {} : { ringingMs: ringing_ms }),
    ...(answered_ms === null ? {} : { answeredMs: answered_ms }),
    endedMs,
  };
}

function endOf({ id, channels }: RecordingRow, durationMs: number | undefined) {
  return { id, channels, interrupted: true, ...(durationMs === undefined ? {} : { durationMs }) };
}

function legNeverDialled({ ids }: World, { id, direction, from, to, created_ms }: CallRow): LegRow {
  return {
    id: ids.uuid(), call_id: id, which: "a", direction, from, to, status: "dialling", started_ms: created_ms,
    ringing_ms: null, answered_ms: null, ended_ms: null, cause: null, ended_by: null, sip_status: null, sip_call_id: null, media: null,
  };
}
