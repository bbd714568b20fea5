import { channels } from "../../base/index.ts";
import { finishRemovals, openRemovals } from "../../store/index.ts";
import type { RecordingDisk } from "../settings.ts";
import type { RetentionWorld } from "./world.ts";

/** Deletes files that are noted as to be deleted. What cannot be deleted now is tried again by the next sweep. */
export async function removeFiles({ store, disk }: RetentionWorld, files: readonly string[]): Promise<void> {
  if (files.length === 0 || !disk) return;
  const gone = await Promise.all(files.map((file) => removed(disk, file)));
  await store.write((db) => finishRemovals(db, files.filter((_, index) => gone[index])), { patient: true });
}

async function removed(disk: RecordingDisk, file: string): Promise<boolean> {
  try {
    await disk.remove(file);
    return true;
  } catch (failure) {
    channels.failure.publish({ layer: "control", failure });
    return false;
  }
}

/** Deletes what was noted and is not deleted: a process died in between, or the disk failed. */
export async function sweepFiles(world: RetentionWorld, signal: AbortSignal): Promise<void> {
  let files = await openRemovals(world.store.db);
  while (files.length > 0 && !signal.aborted) {
    await removeFiles(world, files);
    files = await openRemovals(world.store.db, files.at(-1));
  }
}
