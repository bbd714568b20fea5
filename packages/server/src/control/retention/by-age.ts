import { deleteOldCalls, deleteOldEvents, deleteOldKeys, deleteOldRecordings, deleteOldTimelines, type Place } from "../../store/index.ts";
import type { RetentionSettings } from "../settings.ts";
import type { Pass } from "./deleted.ts";
import { removeFiles } from "./files.ts";
import { inSteps, type RetentionWorld } from "./world.ts";

const DAY_MS = 86_400_000;
/** Events in a transaction. */
const BATCH = 500;

/** Deletes what is older than it is to be kept. */
export async function deleteByAge(world: RetentionWorld, retention: RetentionSettings, signal: AbortSignal): Promise<void> {
  const { store, clock, log } = world;
  const before = (days: number | undefined) => (days === undefined ? undefined : clock.now() - days * DAY_MS);
  const pass = log.begin("age");
  try {
    const oldEvents = { doneBeforeMs: before(retention.eventsDays), givenUpBeforeMs: before(retention.undeliveredDays) };
    await inSteps(clock, signal, async () => {
      const deleted = await store.write((db) => deleteOldEvents(db, oldEvents, BATCH));
      pass.add("events", deleted);
      return { deleted, next: deleted < BATCH ? undefined : FIRST };
    });
    const recordingsMs = before(retention.recordingsDays);
    if (recordingsMs !== undefined) await inSteps(clock, signal, (after) => recordingsStep(world, pass, recordingsMs, after));
    await deleteCallsByAge(world, retention, pass, before, signal);
  } finally {
    pass.end();
  }
}

/** Keys of requests that are too old to be asked for again. */
export async function deleteKeys({ store, clock }: RetentionWorld, signal: AbortSignal): Promise<void> {
  await inSteps(clock, signal, async () => ((await store.write((db) => deleteOldKeys(db, clock.now()))) ? { deleted: 1, next: FIRST } : { deleted: 0 }));
}

const FIRST: Place = { ms: 0, id: "" };

/** Timelines first: they are the most of a call, and what is left of it then goes in one step. */
async function deleteCallsByAge(
  { store, clock }: RetentionWorld,
  { callsDays, timelinesDays }: RetentionSettings,
  pass: Pass,
  before: (days: number | undefined) => number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const callsMs = before(callsDays);
  const timelinesMs = Math.max(callsMs ?? 0, before(timelinesDays) ?? 0);
  await inSteps(clock, signal, async () => {
    const step = await store.write((db) => deleteOldTimelines(db, timelinesMs));
    pass.add("timeline_entries", step.deleted);
    return step;
  });
  if (callsMs === undefined) return;
  await inSteps(clock, signal, async (after) => {
    const step = await store.write((db) => deleteOldCalls(db, callsMs, after));
    pass.add("calls", step.deleted);
    return step;
  });
}

/** Some recordings, rows first, then their files. */
export async function recordingsStep(world: RetentionWorld, pass: Pass, beforeMs: number, after: Place | undefined, limit?: number) {
  const step = await world.store.write((db) => deleteOldRecordings(db, beforeMs, after, limit));
  pass.add("recordings", step.deleted);
  pass.add("recording_bytes", step.bytes);
  await removeFiles(world, step.files);
  return step;
}
