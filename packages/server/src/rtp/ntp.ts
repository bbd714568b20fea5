/** RFC 3550 §4: seconds in 32 bits and the fraction of one in 32 bits. */
export interface NtpTime {
  readonly seconds: number;
  readonly fraction: number;
}

/**
 * RFC 3550 §6.4.1: who would rather have no wallclock in its reports may count the time since any beginning: a time
 * that somebody sets anew would make round trips out of nothing.
 */
export function ntpOf(elapsedMs: number): NtpTime {
  const seconds = Math.floor(elapsedMs / 1000);
  return { seconds: seconds >>> 0, fraction: Math.floor((elapsedMs / 1000 - seconds) * 2 ** 32) >>> 0 };
}

/** The middle 32 bits, in which reports tell each other of one (RFC 3550 §6.4.1, LSR). */
export const middleOf = ({ seconds, fraction }: NtpTime): number => (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;

/**
 * RFC 3550 §6.4.1, figure 2: how long a report of ours and the one that answers it were on their way, in ms. Undefined:
 * the peer knows no report of ours, or says what cannot be.
 */
export function roundTripMs(nowMs: number, block: { readonly lastReport: number; readonly delaySinceLastReport: number }): number | undefined {
  if (block.lastReport === 0) return undefined;
  const units = (middleOf(ntpOf(nowMs)) - block.lastReport - block.delaySinceLastReport) | 0;
  // A unit or two below nothing is what rounding leaves of a short way.
  if (units < -66 || units > MOST_UNITS) return undefined;
  return Math.max(0, units) / 65.536;
}

/** Ten seconds: nobody talks to each other like that. */
const MOST_UNITS = 10 * 65_536;
