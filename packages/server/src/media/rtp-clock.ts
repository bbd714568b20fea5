import { SAMPLE_RATE_HZ, type AudioCodec } from "../audio/index.ts";
import { timestampDistance } from "../rtp/index.ts";

/** How fast the timestamps of a codec count: G.722 at 8 kHz as well (RFC 3551 §4.5.2), Opus always at 48 (RFC 7587 §4.1). */
export const clockRateHz = (codec: AudioCodec): number => (codec === "opus" ? 48_000 : 8000);

/** The time of one stream that is received. */
export interface RtpClock {
  readonly rateHz: number;
  /** What a timestamp is in samples of ours: these, too, go around at 2^32, and only their distances mean anything. */
  samplesAt(timestamp: number): number;
}

export function rtpClock(codec: AudioCodec): RtpClock {
  const rateHz = clockRateHz(codec);
  const ticksPerSample = rateHz / SAMPLE_RATE_HZ;
  if (ticksPerSample === 1) return { rateHz, samplesAt: (timestamp) => timestamp };
  // 2^32 is no multiple of 6: the timestamps are counted on beyond it.
  let last = 0;
  let ticks = 0;
  return {
    rateHz,
    samplesAt(timestamp) {
      ticks += timestampDistance(timestamp, last);
      last = timestamp;
      return Math.floor(ticks / ticksPerSample) >>> 0;
    },
  };
}
