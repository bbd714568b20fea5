/** When a level counts as speech. Levels are in dB below the loudest a sample can be. */
export interface Thresholds {
  /** Speech begins at this level, kept up for `startMs`. */
  readonly startDb: number;
  readonly startMs: number;
  /** It is over below this level, which is lower than `startDb`: voices rise and fall within a word. */
  readonly endDb: number;
  readonly endMs: number;
}

export const telephone: Thresholds = { startDb: -35, startMs: 60, endDb: -45, endMs: 500 };

/** Whether somebody speaks, and for how long the opposite has been heard. */
export interface Activity {
  readonly speaking: boolean;
  readonly otherMs: number;
}

export const silence: Activity = { speaking: false, otherMs: 0 };

/** What is so after a frame of 20 ms. */
export function afterFrame({ speaking, otherMs }: Activity, frame: Int16Array, thresholds: Thresholds = telephone): Activity {
  const { startDb, startMs, endDb, endMs } = thresholds;
  const level = levelDb(frame);
  const other = speaking ? level < endDb : level >= startDb;
  const ms = other ? otherMs + 20 : 0;
  return ms >= (speaking ? endMs : startMs) ? { speaking: !speaking, otherMs: 0 } : { speaking, otherMs: ms };
}

/** The level of a frame: 0 for a square wave that is as loud as can be, -Infinity for nothing at all. */
export function levelDb(frame: Int16Array): number {
  const power = frame.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, frame.length);
  return 10 * Math.log10(power / 32_768 ** 2);
}
