import { channels, PiopiyError, scope, sleep } from "../../base/index.ts";
import { deleteCall, deleteRecording, type ByHand } from "../../store/index.ts";
import type { ControlOptions } from "../settings.ts";
import { deleteByAge, deleteKeys } from "./by-age.ts";
import { makeRoom } from "./by-room.ts";
import { createDeletionLog, type Deleted } from "./deleted.ts";
import { removeFiles, sweepFiles } from "./files.ts";
import type { RetentionWorld } from "./world.ts";

const EVERY_MS = 3_600_000;
const ROOM_EVERY_MS = 60_000;

/** Deletes what is old, what there is no room for, and what it is told to. */
export interface Retention {
  /** Begins; what is to be deleted already is deleted now. */
  start(): void;
  stop(): void;
  /** Deletes a call of the app with all that belongs to it. Fails with `unknown_call`, `still_needed`. */
  deleteCall(appid: string, anyId: string): Promise<void>;
  /** Deletes a recording of the app. Fails with `unknown_recording`, `still_needed`. */
  deleteRecording(appid: string, id: string): Promise<void>;
  readonly deleted: Deleted;
}

export function createRetention({ store, clock, recordingDisk: disk, retention = {} }: Pick<ControlOptions, "store" | "clock" | "recordingDisk" | "retention">): Retention {
  const life = scope();
  const every = (everyMs: number, work: (signal: AbortSignal) => Promise<void>) =>
    life.run(async (signal) => {
      for (;;) {
        await trying(signal, () => work(signal));
        await sleep(clock, everyMs, signal);
      }
    });
  const world: RetentionWorld = { store, clock, disk, log: createDeletionLog() };
  const byHand = async (what: "calls" | "recordings", files: ByHand) => {
    if (files === "unknown") throw new PiopiyError(what === "calls" ? "unknown_call" : "unknown_recording");
    if (files === "needed") throw new PiopiyError("still_needed");
    const pass = world.log.begin("asked");
    if (what === "calls") pass.add("calls", 1);
    pass.add("recordings", files.length);
    pass.end();
    await removeFiles(world, files);
  };
  return {
    start() {
      const { recordingsBytes, freeBytes, ...ages } = retention;
      every(EVERY_MS, (signal) => sweepFiles(world, signal));
      every(EVERY_MS, (signal) => deleteKeys(world, signal));
      if (Object.values(ages).some((days) => days !== undefined)) every(EVERY_MS, (signal) => deleteByAge(world, retention, signal));
      if (disk && (recordingsBytes !== undefined || freeBytes !== undefined)) {
        every(ROOM_EVERY_MS, (signal) => makeRoom({ ...world, disk }, retention, signal));
      }
    },
    stop: () => life.close(),
    deleteCall: async (appid, anyId) => await byHand("calls", await store.write((db) => deleteCall(db, appid, anyId))),
    deleteRecording: async (appid, id) => await byHand("recordings", await store.write((db) => deleteRecording(db, appid, id))),
    deleted: world.log.totals,
  };

}

/** A failure is told; the next time may do better. */
async function trying(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  await work().catch((failure: unknown) => {
    if (!signal.aborted) channels.failure.publish({ layer: "control", failure });
  });
}
