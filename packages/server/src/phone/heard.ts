import { dominantTone, SAMPLE_RATE_HZ, tonesPresent, toneSpans, type ToneSpan } from "../audio/index.ts";
import { abortable, concatSamples } from "../base/index.ts";
import type { Leg } from "../call/index.ts";

/** What a phone has heard so far of one call. */
export interface Heard {
  /** 8 kHz PCM since the call was up; of a long call the last minutes. */
  readonly samples: Int16Array;
  /** What is missing before `samples`, because it was too long ago. */
  readonly droppedMs: number;
  /** The one tone of `candidates` that was heard from `fromMs` to `toMs` of the samples, if it was one alone. */
  tone(candidates: readonly number[], fromMs?: number, toMs?: number): number | undefined;
  /** Every tone of `candidates` in the mixture that was heard from `fromMs` to `toMs`. */
  tones(candidates: readonly number[], fromMs?: number, toMs?: number): readonly number[];
  /** When which tone of `candidates` was heard alone. */
  spans(candidates: readonly number[]): readonly ToneSpan[];
}

const samplesIn = (ms: number): number => Math.round((ms * SAMPLE_RATE_HZ) / 1000);

/** Records what the party of `leg` hears, at most the last `limitMs`; returns how to look at it. */
export function recordHeard(leg: Leg, limitMs: number): () => Heard {
  const parts: Int16Array[] = [];
  let kept = 0;
  let dropped = 0;
  const stop = leg.audio.tap(({ received }) => {
    parts.push(received);
    kept += received.length;
    while (kept > samplesIn(limitMs)) {
      const oldest = parts.shift()?.length ?? 0;
      kept -= oldest;
      dropped += oldest;
    }
  });
  leg.signal.addEventListener("abort", stop, { once: true });
  return () => heard(concatSamples(parts), (dropped * 1000) / SAMPLE_RATE_HZ);
}

/**
 * Resolves once the party of `leg` has heard a tone alone for `forMs` without a break, from now on; rejects with the
 * leg's cause when it ends before.
 */
export async function hears(leg: Leg, frequencyHz: number, forMs: number): Promise<void> {
  const window = samplesIn(forMs) + SAMPLE_RATE_HZ;
  let recent = new Int16Array(0);
  let stop: () => void = () => undefined;
  const heardIt = new Promise<void>((resolve) => {
    stop = leg.audio.tap(({ received }) => {
      recent = concatSamples([recent, received]).slice(-window);
      if (toneSpans(recent, [frequencyHz]).some(({ fromMs, toMs }) => toMs - fromMs >= forMs)) resolve();
    });
  });
  try {
    await abortable(heardIt, leg.signal);
  } finally {
    stop();
  }
}

function heard(samples: Int16Array, droppedMs: number): Heard {
  const part = (fromMs = 0, toMs = Infinity) => samples.subarray(samplesIn(fromMs), Math.min(samples.length, samplesIn(toMs)));
  return {
    samples,
    droppedMs,
    tone: (candidates, fromMs, toMs) => dominantTone(part(fromMs, toMs), candidates),
    tones: (candidates, fromMs, toMs) => tonesPresent(part(fromMs, toMs), candidates),
    spans: (candidates) => toneSpans(samples, candidates),
  };
}
