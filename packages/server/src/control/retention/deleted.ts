import { channels } from "../../base/index.ts";

/** What has been deleted, in rows; `recording_bytes` is what the files of the recordings took. */
export interface Deleted {
  readonly events: number;
  readonly timeline_entries: number;
  readonly calls: number;
  readonly recordings: number;
  readonly recording_bytes: number;
}

/** Age; too little room; because the API was asked to. */
export type Why = "age" | "room" | "asked";

/** Counts what is deleted, since the start, and tells of each pass that has deleted something. */
export interface DeletionLog {
  readonly totals: Deleted;
  begin(why: Why): Pass;
}

/** One pass through what is old. */
export interface Pass {
  add(what: keyof Deleted, count: number): void;
  /** Publishes what it came to. */
  end(): void;
}

const nothing: Deleted = { events: 0, timeline_entries: 0, calls: 0, recordings: 0, recording_bytes: 0 };

export function createDeletionLog(): DeletionLog {
  const totals: Record<keyof Deleted, number> = { ...nothing };
  return {
    totals,
    begin(why) {
      const sum: Record<keyof Deleted, number> = { ...nothing };
      return {
        add(what, count) {
          sum[what] += count;
          totals[what] += count;
        },
        end: () => Object.values(sum).some((count) => count > 0) && channels.deleted.publish({ why, ...sum }),
      };
    },
  };
}
