import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { sourceOf, type AudioSource } from "../audio/index.ts";
import { PiopiyError, type Clock } from "../base/index.ts";
import type { FileReference } from "../interpreter/index.ts";
import { createAudioDecoder, type AudioDecoder } from "./audio-decoder.ts";
import type { SafeFetch } from "./http-fetch.ts";
import { createLru } from "./lru.ts";
import { fetchAudio, type FetchedAudio } from "./remote-audio.ts";
import { createSingleFlight } from "./single-flight.ts";

export interface AudioFilesOptions {
  /** The media folder: files that a flow names. */
  readonly folder: string;
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  /** How much decoded audio is kept; 128 MB (over two hours) unless given. */
  readonly cacheBytes?: number;
  /** The largest file that is taken; 50 MB unless given. */
  readonly maxFileBytes?: number;
  /** How long a file from the network is played again without asking whether it has changed; 60 s unless given. */
  readonly freshMs?: number;
}

export interface AudioFiles {
  /**
   * A WAV or MP3 file of the media folder or of an http(s) address, whole and decoded. Fails with `bad_audio` (no such
   * file, or no audio), `fetch_failed`, `fetch_refused`.
   */
  open(reference: FileReference, signal: AbortSignal): Promise<AudioSource>;
  close(): Promise<void>;
}

export function createAudioFiles(options: AudioFilesOptions): AudioFiles {
  const { folder, fetch, clock, cacheBytes = 128 << 20, maxFileBytes = 50_000_000, freshMs = 60_000 } = options;
  const cache = createLru<FetchedAudio>(cacheBytes);
  const flights = createSingleFlight<FetchedAudio>();
  const decoder = createAudioDecoder(clock);
  const decode: AudioDecoder["decode"] = (bytes, signal) => decoder.decode(bytes, signal);
  const keep = (key: string, audio: FetchedAudio) => {
    cache.set(key, audio, audio.samples.byteLength);
    return audio;
  };

  const named = async (name: string, signal: AbortSignal): Promise<FetchedAudio> => {
    const path = join(folder, checkedName(name));
    const key = `name ${name} ${await versionOf(path, maxFileBytes)}`;
    const load = async (shared: AbortSignal) =>
      keep(key, { samples: await decode(await contentOf(path), shared), fetchedMs: clock.now() });
    return cache.get(key) ?? flights.run(key, load, signal);
  };
  const remote = async (url: string, signal: AbortSignal): Promise<FetchedAudio> => {
    const key = `url ${url}`;
    const known = cache.get(key);
    if (known && clock.now() - known.fetchedMs < freshMs) return known;
    const load = async (shared: AbortSignal) => keep(key, await fetchAudio({ url, known, fetch, decode, clock, maxFileBytes }, shared));
    return flights.run(key, load, signal);
  };
  return {
    async open(reference, signal) {
      const { samples } = await (reference.type === "url" ? remote(reference.url, signal) : named(reference.name, signal));
      return sourceOf(samples, "file");
    },
    close: () => decoder.close(),
  };
}

/** A name that stays inside the folder: nothing that a path could be made of. */
function checkedName(name: string): string {
  if (name !== "" && !/[/\\\0]/.test(name) && !name.startsWith(".")) return name;
  throw new PiopiyError("bad_audio", "The file is named by a path. Give the name of a file in the media folder, without separators.");
}

/** Changes when the file does: a prompt that was replaced is played in its new form from the next call on. */
async function versionOf(path: string, maxFileBytes: number): Promise<string> {
  const found = await stat(path).catch(missing);
  if (!found.isFile()) throw new PiopiyError("bad_audio", "The name in the media folder is not that of a file.");
  if (found.size > maxFileBytes) throw new PiopiyError("bad_audio", `The file is larger than ${maxFileBytes} bytes.`);
  return `${found.mtimeMs}/${found.size}`;
}

const contentOf = (path: string): Promise<Uint8Array> => readFile(path).catch(missing);

function missing(cause: unknown): never {
  throw new PiopiyError("bad_audio", "There is no file of this name in the media folder. Put it there, or give an http(s) URL.", { cause });
}
