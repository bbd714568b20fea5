import type { AudioSource } from "../audio/index.ts";
import { workerUrl, type Clock } from "../base/index.ts";
import type { Content } from "./content.ts";
import { createSampleWorker } from "./sample-worker.ts";

/** Decodes long files piece by piece, as they are played: of each only a piece is in memory. */
export interface PieceDecoder {
  /** The audio of a file; it is read as far as the reader of the source has come. Fails with `bad_audio`. */
  source(content: Content, signal: AbortSignal): AudioSource;
  close(): Promise<void>;
}

/** What the thread is told; without bytes: nobody wants the rest of the file. */
export interface PieceOrder {
  readonly stream: number;
  readonly bytes?: Uint8Array;
  readonly first: boolean;
  readonly last: boolean;
}

const TIMEOUT_MS = 10_000;
/** Each playback waits for one piece at a time: so many may be played. */
const MAXIMUM_WAITING = 4096;

export function createPieceDecoder(clock: Clock): PieceDecoder {
  const worker = createSampleWorker<PieceOrder>({
    url: workerUrl(import.meta.url, "piece-worker"), clock, timeoutMs: TIMEOUT_MS, maxWaiting: MAXIMUM_WAITING, code: "bad_audio",
  });
  let streams = 0;
  async function* decoded(content: Content, signal: AbortSignal): AsyncGenerator<Int16Array> {
    const stream = streams++;
    let ended = false;
    try {
      for (let at = 0; !ended; ) {
        const bytes = await content.read(at, signal);
        ended = bytes === undefined;
        const samples = await worker.request({ stream, bytes: bytes ?? new Uint8Array(0), first: at === 0, last: ended }, signal);
        at += bytes?.length ?? 0;
        if (samples.length > 0) yield samples;
      }
    } finally {
      if (!ended) worker.request({ stream, first: false, last: true }, new AbortController().signal).catch(() => undefined);
    }
  }
  return {
    source: (content, signal) => ({ kind: "file", chunks: { [Symbol.asyncIterator]: () => decoded(content, signal) } }),
    close: () => worker.close(),
  };
}
