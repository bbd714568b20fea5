import type { Clock } from "../base/index.ts";
import type { MediaSession } from "../media/index.ts";
import type { Dialog, SipResponse } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import type { DialOutcome, DialRequest } from "./dialler.ts";
import { attachDialog } from "./in-dialog.ts";
import { setMedia } from "./leg-media.ts";
import { inBackground, settingsOf, type LegSettings, type Line } from "./leg-state.ts";
import { settleOffer, type Offer, type Settled } from "./offer-answer.ts";
import { reasonHeader } from "./sip-cause.ts";
import { createSipLeg } from "./sip-leg.ts";

/** What an INVITE of ours offered, and to whom. */
export interface Offered extends LegSettings {
  readonly request: DialRequest;
  readonly session: MediaSession;
  readonly offer: Offer;
  readonly clock: Clock;
  readonly peer?: CallSource | undefined;
}

/** An outbound leg exists once it is answered: all that is left to do is to end it. */
export const upLine: Line = {
  answer: () => undefined,
  end: async (state, cause) => await state.dialog?.bye([["Reason", reasonHeader(cause)]]),
};

/** The leg of an answered INVITE; `early` is what the same far end answered to our offer before. Without an answer to our offer that can be used, it is hung up at once. */
export function outboundLeg({ offer, ...offered }: Offered, dialog: Dialog, response: SipResponse, early?: Settled): DialOutcome {
  const { request, session, clock, peer } = offered;
  // Deviation: RFC 3261 §13.2.1 wants the answer of an unreliable 183 in the 200, too; some gateways leave it out there.
  const settled = settleOffer(offer, response) ?? (response.body.length === 0 ? early : undefined);
  if (!settled) {
    // RFC 3261 §13.2.2.4: the 2xx is acknowledged all the same, and the session ended with a BYE.
    inBackground(dialog.bye([["Reason", 'SIP;cause=488;text="Not Acceptable Here"']]));
    return { answered: false, cause: { reason: "failed", who: "peer", sipStatus: 488 } };
  }
  const info = { direction: "outbound", from: request.from, to: calledParty(request) } as const;
  const { leg, state } = createSipLeg({ id: request.legId, info, session, local: offer.local, clock, ...(peer && { peer }), ...settingsOf(offered) }, upLine);
  setMedia(state, settled);
  attachDialog(state, dialog);
  return { answered: true, leg };
}

function calledParty({ target }: DialRequest): string {
  if (target.type === "number") return target.number;
  return target.type === "user" ? target.user : target.uri;
}
