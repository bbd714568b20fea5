import { sleep, type Clock } from "../../base/index.ts";
import type { Place, Step, Store } from "../../store/index.ts";
import type { RecordingDisk } from "../settings.ts";
import type { DeletionLog } from "./deleted.ts";

/** What retention needs. */
export interface RetentionWorld {
  readonly store: Store;
  readonly clock: Clock;
  /** Absent: recordings have no files. */
  readonly disk?: RecordingDisk | undefined;
  readonly log: DeletionLog;
}

/** How long everybody else may write between two steps that have deleted something, or have only looked. */
const PAUSE_MS = { deleted: 200, looked: 20 } as const;

/** Goes step by step through what is old, until there is nothing left to look at or `signal` aborts. */
export async function inSteps(clock: Clock, signal: AbortSignal, step: (after: Place | undefined) => Promise<Step>): Promise<void> {
  let after: Place | undefined;
  while (!signal.aborted) {
    const { deleted, next } = await step(after);
    if (!next) return;
    after = next;
    await sleep(clock, deleted > 0 ? PAUSE_MS.deleted : PAUSE_MS.looked, signal);
  }
}
