import { header, type IncomingRequest, type SipRequest } from "../sip/index.ts";
import type { Cause } from "./cause.ts";
import { statusOfCause } from "./sip-cause.ts";

/** The bodies a call of ours takes. */
export const ACCEPT = ["Accept", "application/sdp, multipart/mixed, application/dtmf-relay, application/dtmf"] as const;

/** Refuses a body: 415 names what would be right (RFC 3261 §21.4.13), 488 says why in a Warning (§20.43). */
export function notAcceptable(incoming: IncomingRequest, status: 415 | 488, why: string): void {
  incoming.respond(status, { headers: [status === 415 ? ACCEPT : ["Warning", `399 piopiy "${why}"`]] });
}

/**
 * Refuses what is not done here: the methods of presence and of messages, in a call or outside of one. RFC 6665 §4.2.1.1:
 * whoever subscribes to something unknown gets a 489 that says what there is. RFC 3903 §6: so does a PUBLISH.
 */
export function refuseMethod(incoming: IncomingRequest): void {
  const { method } = incoming.request;
  if (method === "SUBSCRIBE" || method === "PUBLISH") {
    // RFC 3515 §2.4.4: the subscription to a transfer is made by its REFER alone.
    const refer = method === "SUBSCRIBE" && eventOf(incoming.request) === "refer";
    return incoming.respond(refer ? 403 : 489, { headers: [ALLOW_EVENTS] });
  }
  // RFC 6665 §4.1.3: a NOTIFY of an event we know, without a subscription of ours, gets a 481.
  if (method === "NOTIFY") return incoming.respond(eventOf(incoming.request) === "refer" ? 481 : 489, { headers: [ALLOW_EVENTS] });
  // RFC 3261 §8.2.1: a MESSAGE (RFC 3428) is known and not taken: 405. RFC 3515 §2.4.2: a REFER outside of a call concerns none of ours.
  return incoming.respond(method === "REFER" ? 403 : 405);
}

/** The package in an Event header. */
export const eventOf = (request: SipRequest): string => (header(request, "Event") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** RFC 6665 §8.2.2: the events that are known here. */
const ALLOW_EVENTS = ["Allow-Events", "refer"] as const;

/** RFC 3261 §21.5.4: with a 503, so that the caller knows when it may be worth while again. Seconds. */
export const RETRY_LATER = ["Retry-After", "10"] as const;

/** Refuses a call that is not answered, with the status the cause stands for. */
export function refuseFor(incoming: IncomingRequest, cause: Cause): void {
  const status = statusOfCause(cause);
  incoming.respond(status, status === 503 ? { headers: [RETRY_LATER] } : {});
}
