import type { Clock, Ids } from "../base/index.ts";
import type { MediaEngine } from "../media/index.ts";
import { escapeUser, hostPort, type OutgoingRequest, type UserAgent } from "../sip/index.ts";
import type { Dialler, DialOutcome, DialRequest } from "./dialler.ts";
import { earlyMedia } from "./early-media.ts";
import { fork } from "./fork.ts";
import type { LegSettings } from "./leg-state.ts";
import { localMedia, offerOf, sdpBody } from "./offer-answer.ts";
import { openSession } from "./open-session.ts";
import { outboundLeg, type Offered } from "./outbound-leg.ts";
import type { Destination, Routes } from "./routes.ts";

export interface SipDiallerOptions extends LegSettings {
  readonly userAgent: UserAgent;
  readonly engine: MediaEngine;
  readonly routes: Routes;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The host of From towards phones and URIs: this server's name. */
  readonly host: string;
  /** The address peers send RTP to, where it is not the one the engine's sessions are bound to. */
  readonly mediaHost?: string;
}

/** Dials over SIP. It offers PCMU, PCMA and telephone-event, and takes early media (RFC 3960). */
export function createSipDialler(options: SipDiallerOptions): Dialler {
  return { dial: (request, signal) => dial(options, request, signal) };
}

async function dial(options: SipDiallerOptions, request: DialRequest, signal: AbortSignal): Promise<DialOutcome> {
  const route = options.routes(request.target);
  if (!route.found) return { answered: false, cause: route.cause };
  const session = await openSession(options.engine, request.near);
  if (!session) return { answered: false, cause: { reason: "failed", who: "us", sipStatus: 503 } };
  const offered = { ...options, request, session, offer: offerOf(localMedia(session, options)) };
  const outcome = await ring(offered, route.destinations, signal);
  if (!outcome.answered) await session.close();
  return outcome;
}

async function ring(
  offered: SipDiallerOptions & Offered,
  destinations: readonly Destination[],
  signal: AbortSignal,
): Promise<DialOutcome> {
  if (signal.aborted) return { answered: false, cause: { reason: "cancelled", who: "us" } };
  const { userAgent, clock, request } = offered;
  const requests = destinations.map((destination) => inviteFor(offered, destination));
  const onRinging = once(request.onRinging);
  const early = earlyMedia(offered);
  const forked = fork({ userAgent, clock, requests, timeoutMs: request.timeoutMs, onRinging, onEarly: early.take }, signal);
  request.onTrying?.();
  const outcome = await forked;
  return outcome.accepted
    ? outboundLeg(offered, outcome.dialog, outcome.response, early.settledWith(outcome.response))
    : { answered: false, cause: outcome.cause };
}

function inviteFor({ request, host, offer }: SipDiallerOptions & Offered, to: Destination): OutgoingRequest {
  return {
    target: to.uri,
    from: `sip:${escapeUser(request.from)}@${hostPort(to.fromHost ?? host)}`,
    ...(to.to !== undefined && { to: to.to }),
    ...(to.nextHop && { nextHop: to.nextHop }),
    ...(to.credentials && { credentials: to.credentials }),
    body: sdpBody(offer.description),
  };
}

function once(tell: (() => void) | undefined): () => void {
  let told = false;
  return () => {
    if (!told) tell?.();
    told = true;
  };
}
