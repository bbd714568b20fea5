import { offeredDirection, type AudioCodec, type Direction, type LocalMedia } from "../sdp/index.ts";
import type { Dialog, IncomingRequest, SipRequest } from "../sip/index.ts";
import { DTLS_PROTOCOL, type LegKeys } from "./encryption.ts";
import { hangUp } from "./hang-up.ts";
import { configureMedia } from "./keying.ts";
import { setMedia } from "./leg-media.ts";
import { inBackground, stateOf, type LegState } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import { describedBy, offerOf, sdpBody, settle, settleOffer } from "./offer-answer.ts";
import { notAcceptable } from "./refuse.ts";

/** Answers a re-INVITE or UPDATE of the peer (RFC 3261 §14.2, RFC 3311 §5.2): hold, resume, another address or codec. */
export function answerChange(state: LegState, incoming: IncomingRequest): void {
  const { method, body } = incoming.request;
  // RFC 3311 §5.2: one without an offer only keeps the call alive, and meets nothing.
  if (method === "UPDATE" && body.length === 0) return incoming.respond(200);
  // RFC 3261 §14.2, RFC 3311 §5.2: an offer of ours is on its way, or waits for its answer in an ACK (RFC 6337 §2.3).
  if (state.offering || state.offered) return incoming.respond(491);
  const offer = describedBy(incoming.request);
  // A refused change leaves the session as it was.
  if (offer.kind === "wrong") return notAcceptable(incoming, offer.status, offer.why);
  if (offer.kind === "none") return answerWithoutOffer(state, incoming);
  const settled = settle(offer.session, state.local, state.description);
  if ("why" in settled) return notAcceptable(incoming, 488, settled.why);
  setMedia(state, settled);
  incoming.respond(200, { body: sdpBody(settled.description) });
}

/** RFC 3261 §14.2: the 200 to a re-INVITE without an offer makes one. */
function answerWithoutOffer(state: LegState, incoming: IncomingRequest): void {
  state.offered = offerOf(state.local, state.description);
  incoming.respond(200, { body: sdpBody(state.offered.description) });
}

/** The ACK to a 200 that carried an offer of ours (RFC 3261 §13.2.1): it must bring the answer. */
export function takeAnswer(state: LegState, ack: SipRequest): void {
  if (!state.offered) return;
  const settled = settleOffer(state.offered, ack);
  delete state.offered;
  if (settled) setMedia(state, settled);
  // Without any media there is no call; a change that came to nothing leaves the session as it was.
  else if (!state.negotiated) inBackground(hangUp(state, { reason: "failed", who: "peer", sipStatus: 488 }));
}

/**
 * Offers the peer another direction by a re-INVITE: `sendonly` or `inactive` holds it, `sendrecv` takes it back.
 * `false`: the peer did not agree, and nothing has changed.
 */
export const offerDirection = (leg: Leg, direction: Direction): Promise<boolean> => changeDirection(stateOf(leg), direction);

/** Offers the peer these codecs in mid-call, the preferred one first; as `offerDirection`. */
export const offerCodecs = (leg: Leg, codecs: readonly AudioCodec[]): Promise<boolean> => change(stateOf(leg), { codecs });

/** Offers the peer audio with keys of this kind in mid-call, or in the clear; as `offerDirection`. */
export const offerKeys = (leg: Leg, keys: LegKeys): Promise<boolean> => change(stateOf(leg), { secured: PROTOCOLS[keys] });

const PROTOCOLS = { sdes: "RTP/SAVP", dtls: DTLS_PROTOCOL, none: undefined } satisfies Record<LegKeys, string | undefined>;

export const changeDirection = (state: LegState, direction: Direction): Promise<boolean> => change(state, { direction });

async function change(state: LegState, changes: Partial<LocalMedia>): Promise<boolean> {
  if (!state.dialog || state.offering || state.offered || state.life.signal.aborted) return false;
  state.offering = true;
  try {
    return await offer(state, state.dialog, changes);
  } finally {
    state.offering = false;
  }
}

async function offer(state: LegState, dialog: Dialog, changes: Partial<LocalMedia>): Promise<boolean> {
  const offer = offerOf({ ...state.local, ...changes }, state.description);
  const asBefore = getReady(state, changes);
  const response = await dialog.request("INVITE", { body: sdpBody(offer.description) });
  // Somebody else has taken the place of the party that was asked.
  if (state.dialog !== dialog) return false;
  // RFC 3261 §12.2.1.2: the peer knows nothing of this dialog any more.
  if (response.status === 481 || response.status === 408) {
    inBackground(hangUp(state, { reason: "failed", who: "network", sipStatus: response.status }));
  }
  const settled = response.status < 300 ? settleOffer(offer, response) : undefined;
  if (settled) setMedia(state, settled);
  else asBefore();
  return settled !== undefined;
}

/** Whoever offers to receive has to be ready for it at once (RFC 3264 §5.1). Returns what undoes it. */
function getReady(state: LegState, { direction }: Partial<LocalMedia>): () => void {
  const { session, negotiated } = state;
  const ready = negotiated && direction && offeredDirection(negotiated.direction, direction);
  if (!negotiated || !ready || ready === negotiated.direction) return () => undefined;
  configureMedia(session, { ...negotiated, direction: ready });
  return () => {
    // Unless there are other parameters by now, or none that matter.
    if (state.negotiated === negotiated && !state.life.signal.aborted) configureMedia(session, negotiated);
  };
}
