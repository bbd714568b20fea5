/** What RTCP may take, in bit/s (RFC 3556 §2); absent: as much as RFC 3550 gives it. */
export interface RtcpBandwidth {
  /** For reports of those who send RTP. */
  readonly senders?: number;
  /** For reports of those who only receive. */
  readonly receivers?: number;
}

/** RFC 3556 §2: `b=RS:` and `b=RR:` of a media section; what it does not say, the session says. */
export function rtcpBandwidthOf(section: readonly string[], session: readonly string[]): RtcpBandwidth | undefined {
  const senders = told("RS", section) ?? told("RS", session);
  const receivers = told("RR", section) ?? told("RR", session);
  if (senders === undefined && receivers === undefined) return undefined;
  return { ...(senders !== undefined && { senders }), ...(receivers !== undefined && { receivers }) };
}

function told(kind: "RS" | "RR", lines: readonly string[]): number | undefined {
  const line = lines.find((one) => one.startsWith(`b=${kind}:`));
  const value = line?.slice(5).trim();
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

/**
 * RFC 3556 §2: nothing for senders and nothing for receivers is no RTCP at all; nothing for those who only receive lets
 * those who send report. Whether RTCP is sent by who does or does not send RTP.
 */
export function sendsRtcp(bandwidth: RtcpBandwidth | undefined, sendsRtp: boolean): boolean {
  return (sendsRtp ? bandwidth?.senders : bandwidth?.receivers) !== 0;
}
