import type { MediaStatistics } from "./engine.ts";

/** The same counts, while they are counted. */
export type MediaCounters = { -readonly [K in keyof MediaStatistics]: MediaStatistics[K] };

export const newCounters = (): MediaCounters => ({
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  packetsDiscarded: 0,
  packetsInvalid: 0,
  underruns: 0,
  latestSendMs: 0,
});

/** Adds `more` to `sums`: everything is a sum but the largest delay. */
export function addStatistics(sums: MediaCounters, more: MediaStatistics): MediaCounters {
  sums.packetsSent += more.packetsSent;
  sums.packetsReceived += more.packetsReceived;
  sums.packetsLost += more.packetsLost;
  sums.packetsDiscarded += more.packetsDiscarded;
  sums.packetsInvalid += more.packetsInvalid;
  sums.underruns += more.underruns;
  sums.latestSendMs = Math.max(sums.latestSendMs, more.latestSendMs);
  return sums;
}
