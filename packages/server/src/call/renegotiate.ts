import { acceptAnswer, createOffer, type Direction } from "../sdp/index.ts";
import type { Dialog, IncomingRequest } from "../sip/index.ts";
import { hangUp } from "./hang-up.ts";
import { setMedia } from "./leg-media.ts";
import { inBackground, stateOf, type LegState } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import { describedBy, nextVersion, sdpBody, settle } from "./offer-answer.ts";
import { notAcceptable } from "./refuse.ts";

/** Answers a re-INVITE or UPDATE of the peer (RFC 3261 §14.2, RFC 3311 §5.2): hold, resume, another address or codec. */
export function answerChange(state: LegState, incoming: IncomingRequest): void {
  // RFC 3261 §14.2: a change of ours is on its way.
  if (state.offering) return incoming.respond(491);
  const offer = describedBy(incoming.request);
  // A refused change leaves the session as it was.
  if (offer.kind === "wrong") return notAcceptable(incoming, offer.status, offer.why);
  if (offer.kind === "none") return answerWithoutOffer(state, incoming);
  const settled = settle(offer.session, state.local, state.description);
  if ("why" in settled) return notAcceptable(incoming, 488, settled.why);
  setMedia(state, settled);
  incoming.respond(200, { body: sdpBody(settled.description) });
}

/** RFC 3261 §14.2: the 200 to a re-INVITE without an offer makes one; an UPDATE without one only keeps the call alive. */
function answerWithoutOffer(state: LegState, incoming: IncomingRequest): void {
  if (incoming.request.method === "UPDATE") return incoming.respond(200);
  // The answer is in an ACK that is not shown to us: what is offered is what stands, and the peer keeps to it.
  incoming.respond(200, { body: sdpBody(state.description ?? createOffer(state.local)) });
}

/**
 * Offers the peer another direction by a re-INVITE: `sendonly` or `inactive` holds it, `sendrecv` takes it back.
 * `false`: the peer did not agree, and nothing has changed.
 */
export async function offerDirection(leg: Leg, direction: Direction): Promise<boolean> {
  const state = stateOf(leg);
  if (!state.dialog || state.offering || state.life.signal.aborted) return false;
  state.offering = true;
  try {
    return await offer(state, state.dialog, direction);
  } finally {
    state.offering = false;
  }
}

async function offer(state: LegState, dialog: Dialog, direction: Direction): Promise<boolean> {
  const local = nextVersion({ ...state.local, direction });
  const description = createOffer(local);
  const response = await dialog.request("INVITE", { body: sdpBody(description) });
  // RFC 3261 §12.2.1.2: the peer knows nothing of this dialog any more.
  if (response.status === 481 || response.status === 408) {
    inBackground(hangUp(state, { reason: "failed", who: "network", sipStatus: response.status }));
  }
  const answer = response.status < 300 ? describedBy(response) : undefined;
  const accepted = answer?.kind === "description" ? acceptAnswer(local, answer.session) : undefined;
  if (!accepted?.ok) return false;
  setMedia(state, { local, description, negotiated: accepted.negotiated });
  return true;
}
