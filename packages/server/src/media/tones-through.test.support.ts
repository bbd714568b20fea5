import { tonePower } from "../audio/index.ts";
import { concatSamples, type VirtualClock } from "../base/index.ts";
import type { MediaSession, TapBatch } from "./index.ts";

export interface Passing {
  readonly clock: VirtualClock;
  readonly session: MediaSession;
  readonly candidates: readonly number[];
  /** Of all that is heard, a tone has more than this. */
  readonly share: number;
  readonly side: keyof TapBatch;
}

/** The tones in what passes a session in half a second, once what was there before has gone by. */
export async function tonesThrough({ clock, session, candidates, share, side }: Passing): Promise<readonly number[]> {
  await clock.advance(300);
  const batches: Int16Array[] = [];
  const untap = session.tap((batch) => batches.push(batch[side]));
  await clock.advance(500);
  untap();
  const samples = concatSamples(batches);
  return candidates.filter((hz) => tonePower(samples, hz) > share);
}
