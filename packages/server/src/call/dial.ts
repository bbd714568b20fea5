import { isIP } from "node:net";
import type { Clock } from "../base/index.ts";
import type { MediaEngine } from "../media/index.ts";
import { escapeUser, hostPort, param, parseSipUri, reachableHost, type OutgoingRequest, type SipUri, type UserAgent } from "../sip/index.ts";
import type { Cause } from "./cause.ts";
import type { Dialler, DialOutcome, DialRequest } from "./dialler.ts";
import { earlyMedia } from "./early-media.ts";
import { takePlace } from "./change-party.ts";
import { offering } from "./encryption.ts";
import { fork } from "./fork.ts";
import { closeSession, expectHandshake } from "./keying.ts";
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
  const opened = await openSession(options, request.near);
  if ("none" in opened) return { answered: false, cause: opened.none };
  const { session } = opened;
  const outcome = await ring({ ...options, request, session }, route.destinations, signal);
  if (!outcome.answered) await closeSession(session);
  return outcome;
}

type Dialling = SipDiallerOptions & Omit<Offered, "offer">;

async function ring(dialling: Dialling, destinations: readonly Destination[], signal: AbortSignal): Promise<DialOutcome> {
  if (signal.aborted) return { answered: false, cause: { reason: "cancelled", who: "us" } };
  const { userAgent, clock, request, session } = dialling;
  const hops = await Promise.all(destinations.map((destination) => hopOf(dialling, destination)));
  const requests: readonly Invitation[] = destinations.flatMap((destination, index) => invitationFor(dialling, destination, hops[index] ?? "") ?? []);
  if (requests.length === 0) return { answered: false, cause: NOT_SAFE };
  for (const { offer } of requests) expectHandshake(session, offer.local);
  const onRinging = once(request.onRinging);
  const early = request.inPlaceOf ? undefined : earlyMedia(request, session);
  const forked = fork<Invitation>({ userAgent, clock, requests, timeoutMs: request.timeoutMs, onRinging, instead, ...(early && { onEarly: (response, { offer }) => early.take(response, offer) }) }, signal);
  request.onTrying?.();
  const outcome = await forked;
  if (!outcome.accepted) return { answered: false, cause: outcome.cause };
  const { dialog, response, request: { offer, peer } } = outcome;
  if (request.inPlaceOf) return takePlace(request.inPlaceOf, { dialog, response, offer, peer });
  return outboundLeg({ ...dialling, offer, peer }, dialog, response, early?.settledWith(response));
}

interface Invitation extends OutgoingRequest, Pick<Offered, "offer" | "peer"> {
  /** What else we can do, for who refuses this offer. */
  readonly otherwise?: Invitation;
}

/** RFC 3261 §21.4.26, §21.6.4: who does not take SRTP is asked for RTP, where that will do. */
const instead = ({ otherwise }: Invitation, status: number): Invitation | undefined => (status === 488 || status === 606 ? otherwise : undefined);

/** Encryption is required, and its keys could be read on their way. */
const NOT_SAFE: Cause = { reason: "encryption_failed", who: "us", sipStatus: 488 };

/** Who is to reach us by the addresses in an INVITE. Only where both families are listened at it matters which address a name has. */
async function hopOf({ userAgent, session }: Dialling, { uri, nextHop }: Destination): Promise<string> {
  const hop = nextHop?.host ?? parseSipUri(uri)?.host ?? "";
  if (session.local.host !== "::" || isIP(hop) !== 0) return hop;
  return (await userAgent.locate(nextHop ?? uri))?.host ?? hop;
}

/** The INVITE for one destination: the addresses in it are those by which it reaches us. Undefined: nothing can be offered. */
function invitationFor(dialling: Dialling, to: Destination, hop: string): Invitation | undefined {
  const { request, session, host, encryption } = dialling;
  const uri = parseSipUri(to.uri);
  const signalled = { peer: to.peer, transport: to.nextHop?.transport ?? transportOf(uri) };
  const [best, plain] = offering(localMedia(session, dialling, hop), encryption, signalled).map((local) => offerOf(local));
  if (!best) return undefined;
  const invitation = (offer: Offered["offer"]): Invitation => ({
    offer,
    peer: to.peer,
    target: to.uri,
    from: `sip:${escapeUser(request.from)}@${hostPort(to.fromHost ?? reachableHost(host, hop))}`,
    ...(to.to !== undefined && { to: to.to }),
    ...(to.nextHop && { nextHop: to.nextHop }),
    ...(to.credentials && { credentials: to.credentials }),
    ...(request.headers && { headers: request.headers }),
    body: sdpBody(offer.description),
  });
  return { ...invitation(best), ...(plain && { otherwise: invitation(plain) }) };
}

/** RFC 3261 §26.2.2, RFC 3263 §4.1: what a URI says of how it is reached. Where DNS decides, it is not counted upon. */
function transportOf(uri: SipUri | undefined): "tls" | "udp" {
  return uri && (uri.scheme === "sips" || param(uri.params, "transport")?.toLowerCase() === "tls") ? "tls" : "udp";
}

function once(tell: (() => void) | undefined): () => void {
  let told = false;
  return () => {
    if (!told) tell?.();
    told = true;
  };
}
