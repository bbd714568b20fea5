import { mkdir, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Ids } from "../base/index.ts";
import { type Check, failed, ok, warning } from "./check.ts";

export interface DiskFacts {
  readonly freeBytes: number;
  /** Of 20 small writes, each flushed to the disk. */
  readonly flushMedianMs: number;
  readonly flushMaxMs: number;
}

const MIB = 1 << 20;
const FLUSHES = 20;

export function judgeDisk(facts: DiskFacts | { readonly code: string }): Check {
  if ("code" in facts) return failed("disk", `The data folder cannot be written (${facts.code}).`, "Make it, and let the user that runs the server own it; or name another by data.");
  const free = Math.floor(facts.freeBytes / MIB);
  const figures = { free_mib: free, flush_median_ms: tenth(facts.flushMedianMs), flush_max_ms: tenth(facts.flushMaxMs) };
  // An hour of a recording in stereo has 110 MiB.
  if (free < 200) return failed("disk", `Only ${free} MiB are free.`, "Make room: without it calls are refused and recordings fail.", figures);
  if (facts.flushMedianMs > 25) {
    return warning("disk", `A flush takes ${figures.flush_median_ms} ms: every call waits for one.`, "Put the data folder on a local SSD.", figures);
  }
  if (free < 2048) return warning("disk", `${free} MiB are free: about ${Math.floor(free / 110)} hours of recordings.`, "Make room, or move old recordings away.", figures);
  return ok("disk", `${free} MiB are free; a flush takes ${figures.flush_median_ms} ms, ${figures.flush_max_ms} ms at most.`, figures);
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

export async function diskFacts(folder: string, clock: Clock, ids: Ids): Promise<DiskFacts | { readonly code: string }> {
  try {
    await mkdir(folder, { recursive: true });
    const flushes = await timeFlushes(join(folder, `doctor-${ids.uuid()}`), clock);
    const { bavail, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, flushMedianMs: flushes[FLUSHES / 2] ?? 0, flushMaxMs: flushes.at(-1) ?? 0 };
  } catch (failure) {
    return { code: failure instanceof Error && "code" in failure ? String(failure.code) : "unknown" };
  }
}

/** In ms, the shortest first. */
async function timeFlushes(path: string, clock: Clock): Promise<readonly number[]> {
  const file = await open(path, "wx");
  try {
    const block = new Uint8Array(4096);
    const took: number[] = [];
    for (let flush = 0; flush < FLUSHES; flush++) {
      const startedMs = clock.monotonicMs();
      await file.write(block);
      await file.datasync();
      took.push(clock.monotonicMs() - startedMs);
    }
    return took.sort((one, other) => one - other);
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
