import { FRAME_SAMPLES, type AudioSource } from "../../audio/index.ts";
import { concatSamples, type Clock } from "../../base/index.ts";

/** What is said in one go: a source that is played while its samples still come. */
export interface Spurt {
  readonly source: AudioSource;
  /** Samples that came and have not been read. */
  readonly queued: number;
  push(samples: Int16Array): void;
  /** Throws away that many of the oldest samples. */
  drop(samples: number): void;
  /** Nothing more comes: what is queued is the rest. */
  end(): void;
}

/** A pause longer than this ends the spurt. Until then a part of a frame waits for its rest. */
const PAUSE_MS = 200;
/** Handed over at once, at most. */
const PORTION_SAMPLES = 4000;

/** `paused`: nothing came for 200 ms, and everything has been read. */
export function createSpurt(clock: Clock, paused: () => void): Spurt {
  const chunks: Int16Array[] = [];
  let queued = 0;
  let over = false;
  let wake: (() => void) | undefined;

  const take = (limit: number): Int16Array => {
    const parts: Int16Array[] = [];
    let room = limit;
    for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
      parts.push(chunk.subarray(0, room));
      if (chunk.length > room) chunks.unshift(chunk.subarray(room));
      room -= Math.min(room, chunk.length);
      if (room === 0) break;
    }
    queued -= limit - room;
    return parts.length === 1 && parts[0] ? parts[0] : concatSamples(parts);
  };
  const more = async (): Promise<void> => {
    const timer = clock.setTimer(PAUSE_MS, paused);
    await new Promise<void>((resolve) => (wake = resolve));
    wake = undefined;
    timer.cancel();
  };
  async function* read(): AsyncGenerator<Int16Array> {
    for (;;) {
      // Whole frames only: a message for every millisecond of audio would cost more than the audio.
      while (queued < FRAME_SAMPLES && !over) await more();
      if (queued === 0) return;
      yield take(over || queued > PORTION_SAMPLES ? PORTION_SAMPLES : queued);
    }
  }
  return {
    source: { kind: "stream", chunks: { [Symbol.asyncIterator]: read } },
    get queued() {
      return queued;
    },
    push(samples) {
      if (samples.length === 0 || over) return;
      chunks.push(samples);
      queued += samples.length;
      if (queued >= FRAME_SAMPLES) wake?.();
    },
    drop: (samples) => void take(Math.min(samples, queued)),
    end() {
      over = true;
      wake?.();
    },
  };
}
