import { scope } from "../base/index.ts";
import type { Content } from "./content.ts";
import type { Lru } from "./lru.ts";
import { fetchAudio, type FetchedAudio, type Playable, type Wanted } from "./remote-audio.ts";
import { createSingleFlight } from "./single-flight.ts";

export interface RemoteFilesOptions extends Omit<Wanted, "url" | "known" | "early"> {
  readonly cache: Lru<FetchedAudio>;
  readonly freshMs: number;
  /** Ends what is being fetched. */
  readonly life: AbortSignal;
}

/** Files from http(s) addresses, each fetched once for all who ask at the same time. */
export interface RemoteFiles {
  /** Resolves when the file is there or, if it is long, when its beginning is. */
  open(url: string, signal: AbortSignal): Promise<Playable>;
}

export function createRemoteFiles(options: RemoteFilesOptions): RemoteFiles {
  const { cache, clock, freshMs } = options;
  const loads = createSingleFlight<Playable>();
  /** Long files that are on their way. */
  const growing = new Map<string, Content>();
  const keep = (key: string, audio: FetchedAudio): Playable => {
    cache.set(key, audio, audio.bytes);
    return audio.playable;
  };
  /** A long file goes on coming by itself once it can be played, whoever hangs up. */
  const load = (url: string, key: string, known: FetchedAudio | undefined, shared: AbortSignal) =>
    new Promise<Playable>((resolve, reject) => {
      const attempt = scope(options.life);
      const early = (content: Content) => {
        growing.set(url, content);
        resolve({ content });
      };
      const over = () => {
        growing.delete(url);
        attempt.close();
      };
      shared.addEventListener("abort", () => growing.has(url) || attempt.close(shared.reason), { once: true });
      fetchAudio({ ...options, url, known, early }, attempt.signal).then((audio) => resolve(keep(key, audio)), reject).finally(over);
    });
  return {
    async open(url, signal) {
      const key = `url ${url}`;
      const known = cache.get(key);
      if (known && clock.now() - known.fetchedMs < freshMs) return known.playable;
      const content = growing.get(url);
      return content ? { content } : await loads.run(key, (shared) => load(url, key, known, shared), signal);
    },
  };
}
