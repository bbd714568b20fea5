import type { IncomingRequest } from "../sip/index.ts";

/** The bodies a call of ours takes. */
export const ACCEPT = ["Accept", "application/sdp, application/dtmf-relay, application/dtmf"] as const;

/** Refuses a body: 415 names what would be right (RFC 3261 §21.4.13), 488 says why in a Warning (§20.43). */
export function notAcceptable(incoming: IncomingRequest, status: 415 | 488, why: string): void {
  incoming.respond(status, { headers: [status === 415 ? ACCEPT : ["Warning", `399 piopiy "${why}"`]] });
}
