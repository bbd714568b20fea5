/**
 * Why a leg ended or never came up. `who`: `us` decided it, the `peer` did, or the `network` (time-outs, lost media).
 */
export interface Cause {
  readonly reason: CauseReason;
  readonly who: "us" | "peer" | "network";
  /** The final SIP status, when there was one. */
  readonly sipStatus?: number;
  /** `cancelled` because somebody else has taken the call. */
  readonly elsewhere?: true;
}

/** Why whoever else is ringing is cancelled once somebody has answered. */
export const ANSWERED_ELSEWHERE: Cause = { reason: "cancelled", who: "us", elsewhere: true };

export type CauseReason =
  | "completed" // a leg that was up was hung up normally
  | "busy"
  | "no_answer"
  | "rejected"
  | "unreachable" // no route, not registered, 404, 408 from the next hop, transport errors
  | "cancelled" // given up before it was answered
  | "duration" // its time was over
  | "media_timeout"
  | "media_failed" // the thread that carried its audio died, or none could be had
  | "encryption_failed" // no keys for its audio were agreed on with the peer
  | "out_of_ports" // every media port of the configured range is taken
  | "shutdown"
  | "failed";
