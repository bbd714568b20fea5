import type { Cause, CauseReason } from "./cause.ts";

/** The statuses RFC 3261 §21 gives a meaning of their own for a caller; every other refusal is `failed`. */
const REASON_OF_STATUS: ReadonlyMap<number, CauseReason> = new Map([
  [401, "rejected"],
  [402, "rejected"],
  [403, "rejected"],
  [404, "unreachable"],
  [407, "rejected"],
  [410, "unreachable"],
  [416, "unreachable"],
  [433, "rejected"],
  [484, "unreachable"],
  [485, "unreachable"],
  [486, "busy"],
  [487, "cancelled"],
  [600, "busy"],
  [603, "rejected"],
  [604, "unreachable"],
  [607, "rejected"],
  [608, "rejected"],
]);

interface Translation {
  /** What an unanswered inbound call is refused with. */
  readonly status: number;
  /** The cause value of ITU-T Q.850 that says the same. */
  readonly q850: number;
}

const TRANSLATIONS = {
  completed: { status: 480, q850: 16 },
  busy: { status: 486, q850: 17 },
  no_answer: { status: 480, q850: 19 },
  rejected: { status: 603, q850: 21 },
  unreachable: { status: 404, q850: 3 },
  cancelled: { status: 487, q850: 16 },
  duration: { status: 480, q850: 31 },
  media_timeout: { status: 500, q850: 102 },
  media_failed: { status: 503, q850: 41 },
  encryption_failed: { status: 488, q850: 88 },
  out_of_ports: { status: 503, q850: 42 },
  shutdown: { status: 503, q850: 41 },
  failed: { status: 500, q850: 41 },
} as const satisfies Record<CauseReason, Translation>;

/** Why a call did not come up, from its final status. `rang`: the far end had been alerted before. */
export function causeOfStatus(sipStatus: number, rang: boolean): Cause {
  return { reason: reasonOfStatus(sipStatus, rang), who: "peer", sipStatus };
}

function reasonOfStatus(status: number, rang: boolean): CauseReason {
  // RFC 3261 §21.4.9, §21.4.18: nobody took it up (480 is what many phones send when their ringing ends), or, without
  // any ringing, nobody was there.
  if (status === 408 || status === 480) return rang ? "no_answer" : "unreachable";
  // Deviation: RFC 3261 §8.1.3.4 lets a caller follow a redirection; a far end must not choose whom this server calls.
  if (status >= 300 && status < 400) return "unreachable";
  return REASON_OF_STATUS.get(status) ?? "failed";
}

/** The final status that refuses an unanswered call for that cause. A final status in the cause itself is kept. */
export function statusOfCause(cause: Cause): number {
  const own = cause.sipStatus;
  return own !== undefined && own >= 400 && own <= 699 ? own : TRANSLATIONS[cause.reason].status;
}

/** The value of a Reason header (RFC 3326 §2) for a BYE, a CANCEL or a refusal. */
export function reasonHeader(cause: Cause): string {
  // RFC 3326 §3.1: so that a phone does not show a missed call.
  if (cause.elsewhere) return 'SIP;cause=200;text="Call completed elsewhere"';
  return `Q.850;cause=${TRANSLATIONS[cause.reason].q850};text="${cause.reason.replaceAll("_", " ")}"`;
}

/**
 * Why a leg that was up ended with a BYE of the peer: `completed`, unless its Reason header names a failure of the
 * network: Q.850 values 34 to 47 (resources) and above 80 (messages, protocol, interworking).
 */
export function causeOfBye(reason: string | undefined): Cause {
  const value = /Q\.850\s*;(?:.*;)?\s*cause\s*=\s*(\d+)/i.exec(reason ?? "")?.[1];
  const q850 = value === undefined ? 16 : Number(value);
  const broken = (q850 >= 34 && q850 <= 47) || q850 > 80;
  return { reason: broken ? "failed" : "completed", who: "peer" };
}
