import type { Clock } from "../base/index.ts";
import type { MediaEngine } from "../media/index.ts";
import { escapeUser, hostPort, parseSipUri, reachableHost, type OutgoingRequest, type UserAgent } from "../sip/index.ts";
import type { Dialler, DialOutcome, DialRequest } from "./dialler.ts";
import { earlyMedia } from "./early-media.ts";
import { takePlace } from "./change-party.ts";
import { fork } from "./fork.ts";
import { stateOf, type LegSettings } from "./leg-state.ts";
import { localMedia, type LocalMediaOptions, offerOf, sdpBody } from "./offer-answer.ts";
import { openSession } from "./open-session.ts";
import { outboundLeg, type Offered } from "./outbound-leg.ts";
import type { Destination, Routes } from "./routes.ts";

export interface SipDiallerOptions extends LegSettings, LocalMediaOptions {
  readonly userAgent: UserAgent;
  readonly engine: MediaEngine;
  readonly routes: Routes;
  readonly clock: Clock;
  /** The host of From towards phones and URIs: this server's name. */
  readonly host: string;
}

/** Dials over SIP. It offers its codecs and telephone-event, and takes early media (RFC 3960). */
export function createSipDialler(options: SipDiallerOptions): Dialler {
  return { dial: (request, signal) => dial(options, request, signal) };
}

async function dial(options: SipDiallerOptions, request: DialRequest, signal: AbortSignal): Promise<DialOutcome> {
  const route = options.routes(request.target);
  if (!route.found) return { answered: false, cause: route.cause };
  // The one who takes the place of a leg's party takes over its media as well.
  if (request.inPlaceOf) return await ring({ ...options, request, session: stateOf(request.inPlaceOf).session }, route.destinations, signal);
  const opened = await openSession(options.engine, request.near);
  if ("none" in opened) return { answered: false, cause: opened.none };
  const { session } = opened;
  const outcome = await ring({ ...options, request, session }, route.destinations, signal);
  if (!outcome.answered) await session.close();
  return outcome;
}

type Dialling = SipDiallerOptions & Omit<Offered, "offer">;

async function ring(dialling: Dialling, destinations: readonly Destination[], signal: AbortSignal): Promise<DialOutcome> {
  if (signal.aborted) return { answered: false, cause: { reason: "cancelled", who: "us" } };
  const { userAgent, clock, request, session } = dialling;
  const requests = destinations.map((destination) => invitationFor(dialling, destination));
  const onRinging = once(request.onRinging);
  const early = request.inPlaceOf ? undefined : earlyMedia(request, session, requests.map(({ offer }) => offer));
  const forked = fork({ userAgent, clock, requests, timeoutMs: request.timeoutMs, onRinging, ...(early && { onEarly: early.take }) }, signal);
  request.onTrying?.();
  const outcome = await forked;
  if (!outcome.accepted) return { answered: false, cause: outcome.cause };
  const { dialog, response, request: { offer, peer } } = outcome;
  if (request.inPlaceOf) return takePlace(request.inPlaceOf, { dialog, response, offer, peer });
  return outboundLeg({ ...dialling, offer, peer }, dialog, response, early?.settledWith(response));
}

/** The INVITE for one destination: the addresses in it are those by which it reaches us. */
function invitationFor(dialling: Dialling, to: Destination): OutgoingRequest & Pick<Offered, "offer" | "peer"> {
  const { request, session, host } = dialling;
  const peer = to.nextHop?.host ?? parseSipUri(to.uri)?.host ?? "";
  const offer = offerOf(localMedia(session, dialling, peer));
  return {
    offer,
    peer: to.peer,
    target: to.uri,
    from: `sip:${escapeUser(request.from)}@${hostPort(to.fromHost ?? reachableHost(host, peer))}`,
    ...(to.to !== undefined && { to: to.to }),
    ...(to.nextHop && { nextHop: to.nextHop }),
    ...(to.credentials && { credentials: to.credentials }),
    ...(request.headers && { headers: request.headers }),
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
