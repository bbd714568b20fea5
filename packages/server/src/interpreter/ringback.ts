import { mix, SAMPLE_RATE_HZ, toneSamples, type AudioSource } from "../audio/index.ts";
import { scope, type Scope } from "../base/index.ts";
import type { EarlyMedia } from "../call/index.ts";
import { describe } from "./failure.ts";
import type { Stage } from "./verb.ts";

const LEVEL = 0.1;

/** What a caller hears while somebody else's phone rings: 440 Hz and 480 Hz, 2 s on and 4 s off, endlessly. */
export function ringbackSource(): AudioSource {
  return { kind: "tone", chunks: { [Symbol.asyncIterator]: cadence } };
}

async function* cadence(): AsyncGenerator<Int16Array> {
  // Both frequencies have whole periods in a second: seconds join without a click.
  const second = (frequencyHz: number) => toneSamples({ frequencyHz, durationMs: 1000, level: LEVEL });
  const on = mix(second(440), second(480));
  const off = new Int16Array(SAMPLE_RATE_HZ);
  for (;;) yield* [on, on, off, off, off, off];
}

/** What is told of a phone that is called, before it answers. */
export interface Ringing {
  /** It rings. */
  ringing(): void;
  /** It is heard already. */
  early(media: EarlyMedia): void;
  /** It has given up, or was given up. */
  over(): void;
}

/**
 * What the leg of a flow hears while others are called: ringback while any of them rings, or in its place the first one
 * that is heard before it answers. Both only on a line that is up: a caller still being rung hears his own network.
 */
export interface Ringback {
  /** One more phone is called. */
  attempt(): Ringing;
  /** Resolves when the leg is silent. */
  stop(): Promise<void>;
}

export function ringbackOn(stage: Stage): Ringback {
  const { leg, line } = stage;
  const tone = toneOn(stage);
  const ringing = new Set<Ringing>();
  let heard: { readonly of: Ringing; readonly leave: () => void } | undefined;
  const silence = () => {
    heard?.leave();
    heard = undefined;
  };
  return {
    attempt() {
      const self: Ringing = {
        ringing() {
          ringing.add(self);
          if (line.up && !heard) tone.start();
        },
        early(media) {
          if (heard || !line.up) return;
          // It never rejects, and `stop` waits for it once more.
          void tone.stop();
          heard = { of: self, leave: media.join(leg) };
        },
        over() {
          ringing.delete(self);
          if (heard?.of !== self) return;
          silence();
          if (ringing.size > 0) tone.start();
        },
      };
      return self;
    },
    async stop() {
      ringing.clear();
      silence();
      await tone.stop();
    },
  };
}

interface Playing {
  start(): void;
  stop(): Promise<void>;
}

function toneOn({ leg, note, signal }: Stage): Playing {
  let playing: Scope | undefined;
  let done: Promise<void> = Promise.resolve();
  return {
    start() {
      if (playing) return;
      playing = scope(signal);
      done = leg.play(ringbackSource(), playing.signal).then(
        () => undefined,
        (failure: unknown) => note("warning", { warning: "no_ringback", ...describe(failure) }),
      );
    },
    async stop() {
      playing?.close();
      playing = undefined;
      await done;
    },
  };
}
