import { mix, SAMPLE_RATE_HZ, toneSamples, type AudioSource } from "../audio/index.ts";
import { scope, type Scope } from "../base/index.ts";
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

/** Ringback on the leg of a flow. */
export interface Ringback {
  /** Starts it, once, and only on a line that is up: a caller still being rung hears that from his own network. */
  ring(): void;
  /** Resolves when the leg is silent. */
  stop(): Promise<void>;
}

export function ringbackOn({ leg, line, note, signal }: Stage): Ringback {
  let playing: { readonly until: Scope; readonly done: Promise<void> } | undefined;
  return {
    ring() {
      if (playing || !line.up) return;
      const until = scope(signal);
      const done = leg.play(ringbackSource(), until.signal).then(
        () => undefined,
        (failure: unknown) => note("warning", { warning: "no_ringback", ...describe(failure) }),
      );
      playing = { until, done };
    },
    async stop() {
      const stopped = playing;
      playing = undefined;
      stopped?.until.close();
      await stopped?.done;
    },
  };
}
