import type { AudioSource } from "../audio/index.ts";
import { scope } from "../base/index.ts";
import { deferred } from "./deferred.ts";
import type { PlayResult } from "./engine.ts";

/** How far a source is read ahead of what was played. */
const READ_AHEAD_SAMPLES = 16_000;
/** The largest portion handed over at once. */
const PORTION_SAMPLES = 8000;

/** The way of one playback to the thread that plays it. */
export interface PlaybackPort {
  /** Copied. */
  samples(portion: Int16Array): void;
  ended(): void;
  flush(): void;
}

/** One playback as the side that asked for it sees it. */
export interface Playback {
  readonly result: Promise<PlayResult>;
  /** That many samples were used up. */
  used(samples: number): void;
  /** The playback is over. */
  played(result: PlayResult): void;
  /** The thread that played it is gone. */
  lost(failure: Error): void;
}

/** Reads `source` as far ahead as there is room, and hands it over, until it ends or `signal` aborts. */
export function startPlayback(source: AudioSource, signal: AbortSignal, port: PlaybackPort): Playback {
  const { promise, resolve, reject } = deferred<PlayResult>();
  const room = createRoom(READ_AHEAD_SAMPLES);
  let failed: { readonly failure: unknown } | undefined;
  let over = false;
  const reading = scope(signal, (failure) => {
    failed = { failure };
  });
  const finish = () => {
    over = true;
    reading.close();
  };
  reading.onClose(() => {
    room.open();
    if (!over) port.flush();
  });
  reading.run((stop) => readAhead(source, stop, room, port));
  return {
    result: promise,
    used: (samples) => room.add(samples),
    played({ complete, heardMs }) {
      finish();
      if (failed) reject(failed.failure);
      else resolve({ complete, heardMs });
    },
    lost(failure) {
      finish();
      reject(failure);
    },
  };
}

/** One of which the thread has had all samples from the beginning. */
export function startWhole(signal: AbortSignal, flush: () => void): Playback {
  const { promise, resolve, reject } = deferred<PlayResult>();
  const finish = () => signal.removeEventListener("abort", flush);
  signal.addEventListener("abort", flush, { once: true });
  return {
    result: promise,
    used: () => undefined,
    played({ complete, heardMs }) {
      finish();
      resolve({ complete, heardMs });
    },
    lost(failure) {
      finish();
      reject(failure);
    },
  };
}

async function readAhead(source: AudioSource, stop: AbortSignal, room: Room, port: PlaybackPort): Promise<void> {
  for await (const chunk of untilStopped(source.chunks, stop)) {
    for (let at = 0; at < chunk.length; at += PORTION_SAMPLES) {
      await room.wait();
      if (stop.aborted) return;
      const portion = chunk.subarray(at, at + PORTION_SAMPLES);
      room.take(portion.length);
      port.samples(portion);
    }
    await room.wait();
  }
  if (!stop.aborted) port.ended();
}

/**
 * The chunks until `stop` aborts. A source that is waiting for its next chunk when that happens is told to return,
 * and not waited for: a speech engine may take its time.
 */
async function* untilStopped(chunks: AsyncIterable<Int16Array>, stop: AbortSignal): AsyncGenerator<Int16Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  using race = scope(stop);
  const stopped = new Promise<undefined>((resolve) => race.onClose(() => resolve(undefined)));
  try {
    while (!stop.aborted) {
      const next = iterator.next();
      next.catch(() => undefined);
      const result = await Promise.race([next, stopped]);
      if (!result || result.done) return;
      yield result.value;
    }
  } finally {
    iterator.return?.().then(undefined, () => undefined);
  }
}

/** Counts how much more may be handed over. */
interface Room {
  take(samples: number): void;
  add(samples: number): void;
  /** Resolves when there is room. */
  wait(): Promise<void>;
  /** Lets everyone pass who waits. */
  open(): void;
}

function createRoom(samples: number): Room {
  let left = samples;
  let pass: (() => void) | undefined;
  let opened = false;
  const freed = () => {
    if (left > 0 || opened) pass?.();
  };
  return {
    take(count) {
      left -= count;
    },
    add(count) {
      left += count;
      freed();
    },
    wait: () => (left > 0 || opened ? Promise.resolve() : new Promise((resolve) => (pass = resolve))),
    open() {
      opened = true;
      freed();
    },
  };
}
