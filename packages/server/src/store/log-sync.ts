import { open } from "node:fs/promises";
import { PiopiyError } from "../base/index.ts";

/** Makes what has been committed durable. */
export interface LogSync {
  /** Resolves when every commit so far survives a power cut. Rejects with `store_failed` when the disk fails. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * With `synchronous=NORMAL` SQLite writes a commit to its log (the WAL) and leaves it to others to bring that to the disk:
 * here the system's threads do, while calls go on. Together it is what `synchronous=FULL` is, without a thread that waits
 * for the disk. The log is there from the first write until the last connection closes.
 */
export async function logSync(file: string): Promise<LogSync> {
  if (file === ":memory:") return { sync: () => Promise.resolve(), close: () => Promise.resolve() };
  // For writing, because some systems flush no file that is only read.
  const log = await open(`${file}-wal`, "r+");
  return {
    async sync() {
      try {
        await log.datasync();
      } catch (failure) {
        throw new PiopiyError("store_failed", undefined, { cause: failure });
      }
    },
    close: () => log.close(),
  };
}
