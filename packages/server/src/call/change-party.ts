import type { Dialog, SipResponse } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import type { DialOutcome } from "./dialler.ts";
import { setMedia } from "./leg-media.ts";
import { inBackground, stateOf, type LegState } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import { settleOffer, type Offer, type Settled } from "./offer-answer.ts";

/**
 * From now on the leg is somebody else's: its id, its media session and whatever is joined with it stay as they are,
 * only the far end is another one. The dialog with the party before is left to the caller. `settled`: unless the
 * answer is still to come, with an ACK.
 */
export function changeParty(state: LegState, dialog: Dialog, peer: CallSource | undefined, settled?: Settled): Dialog | undefined {
  const before = state.dialog;
  state.peer = peer;
  delete state.gone;
  delete state.digitsBy;
  delete state.offered;
  if (settled) setMedia(state, settled);
  state.attach(state, dialog);
  return before;
}

interface Answer {
  readonly dialog: Dialog;
  readonly response: SipResponse;
  readonly offer: Offer;
  readonly peer: CallSource | undefined;
}

/** Whoever has answered an INVITE of ours takes the place of the leg's party. */
export function takePlace(leg: Leg, { dialog, response, offer, peer }: Answer): DialOutcome {
  const state = stateOf(leg);
  const settled = settleOffer(offer, response);
  if (!settled || state.life.signal.aborted) {
    inBackground(dialog.bye(settled ? [] : [["Reason", 'SIP;cause=488;text="Not Acceptable Here"']]));
    return { answered: false, cause: settled ? { reason: "cancelled", who: "us" } : { reason: "failed", who: "peer", sipStatus: 488 } };
  }
  changeParty(state, dialog, peer, settled);
  return { answered: true, leg };
}
