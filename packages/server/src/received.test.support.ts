import { dominantTone, FRAME_MS, toneSpans, type ToneSpan } from "./audio/index.ts";
import { concatSamples } from "./base/index.ts";
import type { PhoneCall } from "./phone/index.ts";
import { until } from "./server-world.test.support.ts";

/**
 * What a phone receives in a call from now on, ahead of its jitter buffer: on a busy machine that leaves out what comes
 * late, and makes up for it, which says something of the machine and nothing of what was sent.
 */
export interface Received {
  samples(): Int16Array;
  /** The tones that were there alone, as frame came after frame. */
  spans(): readonly ToneSpan[];
  /** For how long a tone was there alone, all its frames together, however they were torn apart by the way. */
  ms(frequencyHz: number): number;
  /** Resolves once it was there for so long. */
  hears(frequencyHz: number, forMs: number): Promise<unknown>;
}

/** `candidates`: the tones that there may be. */
export function receivedBy(call: PhoneCall, candidates: readonly number[]): Received {
  const frames: Int16Array[] = [];
  const toneMs = new Map<number | undefined, number>();
  call.leg.audio.listen((frame) => {
    frames.push(frame.slice());
    const tone = dominantTone(frame, candidates);
    toneMs.set(tone, (toneMs.get(tone) ?? 0) + FRAME_MS);
  });
  const samples = () => concatSamples(frames);
  const ms = (frequencyHz: number) => toneMs.get(frequencyHz) ?? 0;
  return { samples, spans: () => toneSpans(samples(), candidates), ms, hears: (frequencyHz, forMs) => until(`${frequencyHz} Hz at the phone`, () => ms(frequencyHz) >= forMs || undefined) };
}
