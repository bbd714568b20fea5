import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseWav, SAMPLE_RATE_HZ, wavFile } from "../../audio/index.ts";
import { channels, type Clock, type Ids } from "../../base/index.ts";
import { createLru } from "../lru.ts";
import type { SpeechJob } from "./provider.ts";

/** Spoken sentences by what they say, in memory and, across restarts, in a folder. Both are bounded. */
export interface SpeechCache {
  get(key: string): Promise<Int16Array | undefined>;
  /** Kept in memory at once; the promise resolves when it is on disk. It never rejects: a cache may fail. */
  set(key: string, samples: Int16Array): Promise<void>;
}

export interface SpeechCacheOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/**
 * The name a sentence has in the cache: it tells nothing about the text. `version` names the program and the way its
 * output is treated: when that changes, what was cached before is not found any more.
 */
export const speechKey = (version: string, { voice, rate, text }: SpeechJob) =>
  createHash("sha256").update([version, voice, rate, text].join("\0")).digest("hex");

const failed = (failure: unknown) => channels.failure.publish({ layer: "adapters", failure });

export function createSpeechCache({ folder, clock, ids, memoryBytes, diskBytes }: SpeechCacheOptions): SpeechCache {
  const memory = createLru<Int16Array>(memoryBytes);
  const file = (key: string) => join(folder, `${key}.wav`);
  const evicted: string[] = [];
  const disk = createLru<true>(diskBytes, (key) => evicted.push(key));
  let known: Promise<void> | undefined;
  const keep = (key: string, samples: Int16Array) => memory.set(key, samples, samples.byteLength);

  return {
    async get(key) {
      const kept = memory.get(key);
      if (kept) return kept;
      const samples = await read(file(key));
      if (!samples) return undefined;
      keep(key, samples);
      disk.get(key);
      // The time of a file is when it was last used: the order in which a later start gives them up.
      const now = clock.now() / 1000;
      utimes(file(key), now, now).catch(failed);
      return samples;
    },
    async set(key, samples) {
      keep(key, samples);
      try {
        await (known ??= scan(folder, (key, bytes) => disk.set(key, true, bytes)));
        // Written under another name first: a file of the right name is always whole.
        const temporary = join(folder, `${ids.token(16)}.tmp`);
        const bytes = wavFile({ sampleRateHz: SAMPLE_RATE_HZ, channels: 1 }, samples);
        await writeFile(temporary, bytes);
        await rename(temporary, file(key));
        disk.set(key, true, bytes.length);
        await Promise.all(evicted.splice(0).map((old) => rm(file(old), { force: true })));
      } catch (failure) {
        failed(failure);
      }
    },
  };
}

async function read(path: string): Promise<Int16Array | undefined> {
  try {
    return parseWav(await readFile(path)).samples;
  } catch {
    // Not there, or not readable as what we wrote: it is spoken again.
    return undefined;
  }
}

/** What an earlier run left, the one unused for longest first. */
async function scan(folder: string, found: (key: string, bytes: number) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith(".wav") || name.endsWith(".tmp"));
  const files = await Promise.all(names.map((name) => fileOf(folder, name)));
  for (const { name, size } of files.toSorted((a, b) => a.timeMs - b.timeMs)) {
    if (name.endsWith(".tmp")) await rm(join(folder, name), { force: true });
    else found(name.slice(0, -4), size);
  }
}

async function fileOf(folder: string, name: string) {
  const { size, mtimeMs } = await stat(join(folder, name));
  return { name, size, timeMs: mtimeMs };
}
