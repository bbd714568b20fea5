import { Worker } from "node:worker_threads";
import { PiopiyError, workerUrl } from "../base/index.ts";

/** MP3 encoders of all recordings, in a thread of their own: it starts with the first one. */
export interface Mp3Encoding {
  start(channels: 1 | 2, events: Mp3Events): Mp3Stream;
  /** Ends the thread; what is still being encoded fails. */
  close(): Promise<void>;
}

export interface Mp3Events {
  /** Whole frames, in order. */
  onBytes(bytes: Uint8Array): void;
  /** The encoder or its thread failed; told once. */
  onFailed(failure: unknown): void;
}

export interface Mp3Stream {
  /** Takes 8 kHz samples (two channels: interleaved). False: too much is waiting for the thread, they are dropped. */
  push(samples: Int16Array): boolean;
  /** Resolves when the last frame has been told, or the encoder has failed. Idempotent. */
  end(): Promise<void>;
}

/** What the thread is told. */
export type Mp3Order =
  | { readonly type: "start"; readonly stream: number; readonly channels: 1 | 2 }
  | { readonly type: "samples"; readonly stream: number; readonly samples: Int16Array }
  | { readonly type: "end"; readonly stream: number };

/** What the thread answers, once for each order. */
export type Mp3Reply =
  | { readonly stream: number; readonly ok: true; readonly bytes: Uint8Array; readonly samples: number; readonly ended: boolean }
  | { readonly stream: number; readonly ok: false; readonly why: string };

/** A minute of two channels. */
const MAXIMUM_WAITING_SAMPLES = 960_000;

interface Entry {
  readonly events: Mp3Events;
  readonly ended: () => void;
  waiting: number;
}

export function createMp3Encoding(): Mp3Encoding {
  const entries = new Map<number, Entry>();
  let thread: Worker | undefined;
  let next = 1;
  const drop = (stream: number) => {
    entries.get(stream)?.ended();
    entries.delete(stream);
    // An idle thread does not keep the process alive.
    if (entries.size === 0) thread?.unref();
  };
  const fail = (stream: number, why: string) => {
    const entry = entries.get(stream);
    drop(stream);
    entry?.events.onFailed(new PiopiyError("media_failed", `The MP3 encoder failed: ${why}`));
  };
  const take = (reply: Mp3Reply) => {
    const entry = entries.get(reply.stream);
    if (!entry) return;
    if (!reply.ok) return fail(reply.stream, reply.why);
    entry.waiting -= reply.samples;
    if (reply.bytes.length > 0) entry.events.onBytes(reply.bytes);
    if (reply.ended) drop(reply.stream);
  };
  const open = (): Worker => {
    const started = new Worker(workerUrl(import.meta.url, "mp3-worker"));
    const lost = () => {
      if (thread !== started) return;
      thread = undefined;
      for (const stream of entries.keys()) fail(stream, "its thread ended.");
    };
    started.on("message", (reply: Mp3Reply) => thread === started && take(reply));
    started.on("error", lost);
    started.on("exit", lost);
    return started;
  };
  const order = (message: Mp3Order, transfer: readonly ArrayBuffer[] = []) => {
    thread ??= open();
    thread.ref();
    thread.postMessage(message, transfer);
  };
  return {
    start(channels, events) {
      const stream = next++;
      const over = new Promise<void>((resolve) => entries.set(stream, { events, ended: resolve, waiting: 0 }));
      order({ type: "start", stream, channels });
      return streamOf(stream, entries, over, order);
    },
    async close() {
      const ending = thread;
      thread = undefined;
      for (const stream of entries.keys()) fail(stream, "the server is shutting down.");
      await ending?.terminate();
    },
  };
}

function streamOf(
  stream: number, entries: ReadonlyMap<number, Entry>, over: Promise<void>, order: (message: Mp3Order, transfer?: readonly ArrayBuffer[]) => void,
): Mp3Stream {
  let ending = false;
  return {
    push(samples) {
      const entry = entries.get(stream);
      if (!entry || ending || entry.waiting + samples.length > MAXIMUM_WAITING_SAMPLES) return false;
      entry.waiting += samples.length;
      const own = samples.slice();
      order({ type: "samples", stream, samples: own }, [own.buffer]);
      return true;
    },
    end() {
      if (!ending && entries.has(stream)) order({ type: "end", stream });
      ending = true;
      return over;
    },
  };
}
