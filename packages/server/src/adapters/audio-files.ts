import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { sourceOf, type AudioSource } from "../audio/index.ts";
import { abortable, PiopiyError, scope, type Clock } from "../base/index.ts";
import type { FileReference } from "../interpreter/index.ts";
import { createAudioDecoder } from "./audio-decoder.ts";
import { diskContent } from "./content.ts";
import type { SafeFetch } from "./http-fetch.ts";
import { createLru } from "./lru.ts";
import { createPieceDecoder } from "./piece-decoder.ts";
import type { FetchedAudio, Playable } from "./remote-audio.ts";
import { createRemoteFiles } from "./remote-files.ts";
import { createSingleFlight } from "./single-flight.ts";

export interface AudioFilesOptions {
  /** The media folder: files that a flow names. */
  readonly folder: string;
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  /** How much audio is kept, most of it decoded; 128 MB (over two hours) unless given. */
  readonly cacheBytes?: number;
  /** The largest file that is taken; 50 MB unless given. */
  readonly maxFileBytes?: number;
  /** How long a file from the network is played again without asking whether it has changed; 60 s unless given. */
  readonly freshMs?: number;
  /** A longer file begins to play before it is fetched and decoded as a whole; 512 kB unless given. */
  readonly streamFromBytes?: number;
  /** A longer file is decoded anew, piece by piece, whenever it is played; 8 MB unless given. */
  readonly decodeUpToBytes?: number;
}

export interface AudioFiles {
  /**
   * A WAV, MP3 or Ogg file of the media folder or of an http(s) address, of which at least the beginning is there and can be
   * decoded. Fails with `bad_audio` (no such file, or no audio), `fetch_failed`, `fetch_refused`.
   */
  open(reference: FileReference, signal: AbortSignal): Promise<AudioSource>;
  /**
   * Decodes a file of the media folder before anybody plays it; tells what it takes in memory, which is nothing for one that
   * is decoded anew whenever it is played. Fails with `bad_audio`.
   */
  prepare(name: string, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

export function createAudioFiles(options: AudioFilesOptions): AudioFiles {
  const { folder, clock, cacheBytes = 128 << 20, maxFileBytes = 50_000_000, freshMs = 60_000 } = options;
  const { streamFromBytes = 512 << 10, decodeUpToBytes = 8 << 20 } = options;
  const life = scope();
  const cache = createLru<FetchedAudio>(cacheBytes);
  const loads = createSingleFlight<Int16Array>();
  const decoder = createAudioDecoder(clock);
  const pieces = createPieceDecoder(clock);
  const decode = (bytes: Uint8Array, signal: AbortSignal) => decoder.decode(bytes, signal);
  const look = together((path) => statOf(path, maxFileBytes));
  const find = async (name: string): Promise<Found> => {
    const path = join(folder, checkedName(name));
    const { version, size } = await look(path);
    const key = `name ${name} ${version}`;
    return { path, key, size, known: cache.get(key)?.playable };
  };
  const load = ({ path, key }: Found, signal: AbortSignal): Promise<Int16Array> => {
    const decoded = async (shared: AbortSignal) => {
      const samples = await decode(await contentOf(path), shared);
      cache.set(key, { playable: { samples }, bytes: samples.byteLength, fetchedMs: clock.now() }, samples.byteLength);
      return samples;
    };
    return loads.run(key, decoded, signal);
  };
  const named = async (name: string, signal: AbortSignal): Promise<Playable> => {
    const found = await find(name);
    if (found.known) return found.known;
    if (found.size <= streamFromBytes) return { samples: await load(found, signal) };
    // For those who play it later. What is wrong with it is told to the one who plays it now.
    if (found.size <= decodeUpToBytes) load(found, life.signal).catch(() => undefined);
    return { content: diskContent(found.path) };
  };
  const remote = createRemoteFiles({ ...options, life: life.signal, cache, decode, freshMs, maxFileBytes, streamFromBytes, decodeUpToBytes });
  return {
    async open(reference, signal) {
      const playable = await (reference.type === "url" ? remote.open(reference.url, signal) : named(reference.name, signal));
      if ("samples" in playable) return sourceOf(playable.samples, "file");
      const source = pieces.source(playable.content, signal);
      await abortable(beginning(source), signal);
      return source;
    },
    async prepare(name, signal) {
      const found = await find(name);
      return found.known || found.size > decodeUpToBytes ? 0 : (await load(found, signal)).byteLength;
    },
    async close() {
      life.close();
      await Promise.all([decoder.close(), pieces.close()]);
    },
  };
}

interface Found {
  readonly path: string;
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  readonly known: Playable | undefined;
}

/** A file that is no audio is told before it is played. */
async function beginning(source: AudioSource): Promise<void> {
  for await (const samples of source.chunks) if (samples.length > 0) return;
}

/** A name that stays inside the folder: nothing that a path could be made of. */
function checkedName(name: string): string {
  if (name !== "" && !/[/\\\0]/.test(name) && !name.startsWith(".")) return name;
  throw new PiopiyError("bad_audio", "The file is named by a path. Give the name of a file in the media folder, without separators.");
}

/** `version` changes when the file does: a prompt that was replaced is played in its new form from the next call on. */
async function statOf(path: string, maxFileBytes: number): Promise<{ readonly version: string; readonly size: number }> {
  const found = await stat(path).catch(missing);
  if (!found.isFile()) throw new PiopiyError("bad_audio", "The name in the media folder is not that of a file.");
  if (found.size > maxFileBytes) throw new PiopiyError("bad_audio", `The file is larger than ${maxFileBytes} bytes.`);
  return { version: `${found.mtimeMs}/${found.size}`, size: found.size };
}

/** `look`, once for all who ask for the same while it is under way: calls that come together play the same prompt. */
function together<T>(look: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const looking = new Map<string, Promise<T>>();
  return (path) => {
    const known = looking.get(path);
    if (known) return known;
    const found = look(path).finally(() => looking.delete(path));
    looking.set(path, found);
    return found;
  };
}

const contentOf = (path: string): Promise<Uint8Array> => readFile(path).catch(missing);

function missing(cause: unknown): never {
  throw new PiopiyError("bad_audio", "There is no file of this name in the media folder. Put it there, or give an http(s) URL.", { cause });
}
