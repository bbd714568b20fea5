import { sleep } from "../../base/index.ts";
import { addUpRecordings, measureRecording, unmeasuredRecordings, type Sum } from "../../store/index.ts";
import type { RecordingDisk, RetentionSettings } from "../settings.ts";
import { recordingsStep } from "./by-age.ts";
import { inSteps, type RetentionWorld } from "./world.ts";

const DAY_MS = 86_400_000;
/** Between two looks at the free room, which what is deleted changes. */
const AT_ONCE = 10;
const PAUSE_MS = 5;

/** Deletes the oldest recordings where all of them take too much, or too little of the disk is free. */
export async function makeRoom(world: RetentionWorld & { readonly disk: RecordingDisk }, retention: RetentionSettings, signal: AbortSignal): Promise<void> {
  const { recordingsBytes, freeBytes } = retention;
  const pass = world.log.begin("room");
  try {
    if (recordingsBytes !== undefined) {
      await measureAll(world, signal);
      const beforeMs = await exceedingMs(world, recordingsBytes, signal);
      if (beforeMs !== undefined) await inSteps(world.clock, signal, (after) => recordingsStep(world, pass, beforeMs, after));
    }
    if (freeBytes === undefined) return;
    // Somebody else may fill the disk: what was recorded today is not given up for that.
    const beforeMs = world.clock.now() - DAY_MS;
    await inSteps(world.clock, signal, async (after) =>
      (await world.disk.freeBytes()) >= freeBytes ? { deleted: 0 } : await recordingsStep(world, pass, beforeMs, after, AT_ONCE),
    );
  } finally {
    pass.end();
  }
}

/** Those that a crash has ended, that failed, or that an older version has made. */
async function measureAll({ store, disk }: RetentionWorld & { readonly disk: RecordingDisk }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const some = await unmeasuredRecordings(store.db);
    if (some.length === 0) return;
    const sizes = await Promise.all(some.map(({ file }) => disk.bytesOf(file)));
    await store.write(async (db) => {
      for (const [index, { id }] of some.entries()) await measureRecording(db, id, sizes[index] ?? 0);
    });
  }
}

/** The moment up to which recordings are too many: with those that are newer, the limit is kept. */
async function exceedingMs({ store, clock }: RetentionWorld, limit: number, signal: AbortSignal): Promise<number | undefined> {
  let sum: Sum = { bytes: 0 };
  for (;;) {
    sum = await addUpRecordings(store.db, sum, limit);
    if (sum.exceeding) return sum.exceeding.ms + 1;
    if (!sum.next) return undefined;
    await sleep(clock, PAUSE_MS, signal);
  }
}
