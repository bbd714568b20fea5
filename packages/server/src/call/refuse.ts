import type { IncomingRequest } from "../sip/index.ts";
import type { Cause } from "./cause.ts";
import { statusOfCause } from "./sip-cause.ts";

/** The bodies a call of ours takes. */
export const ACCEPT = ["Accept", "application/sdp, application/dtmf-relay, application/dtmf"] as const;

/** Refuses a body: 415 names what would be right (RFC 3261 §21.4.13), 488 says why in a Warning (§20.43). */
export function notAcceptable(incoming: IncomingRequest, status: 415 | 488, why: string): void {
  incoming.respond(status, { headers: [status === 415 ? ACCEPT : ["Warning", `399 piopiy "${why}"`]] });
}

/** RFC 3261 §21.5.4: with a 503, so that the caller knows when it may be worth while again. Seconds. */
export const RETRY_LATER = ["Retry-After", "10"] as const;

/** Refuses a call that is not answered, with the status the cause stands for. */
export function refuseFor(incoming: IncomingRequest, cause: Cause): void {
  const status = statusOfCause(cause);
  incoming.respond(status, status === 503 ? { headers: [RETRY_LATER] } : {});
}
