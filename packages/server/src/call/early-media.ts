import type { MediaSession } from "../media/index.ts";
import { header, parseNameAddr, tagOf, type SipResponse } from "../sip/index.ts";
import type { DialRequest } from "./dialler.ts";
import { configureMedia } from "./keying.ts";
import { stateOf } from "./leg-state.ts";
import { settleOffer, type Offer, type Settled } from "./offer-answer.ts";

/** What the far end says before it answers an offer of ours. */
export interface Early {
  /** Takes a provisional response: the first one that answers the offer lets the far end be heard. */
  readonly take: (response: SipResponse, offer: Offer) => void;
  /** What was settled before with the far end that now sends this response. */
  settledWith(response: SipResponse): Settled | undefined;
}

/**
 * RFC 3261 §13.2.1: an answer in a provisional response is in force at once. Where several phones ring for one offer,
 * only the first one to send something is heard: RFC 3960 §3.1 leaves it to us which.
 */
export function earlyMedia(request: DialRequest, session: MediaSession): Early {
  let heard: { readonly settled: Settled; readonly tag: string | undefined } | undefined;
  return {
    take(response, offer) {
      const settled = heard ? undefined : settleOffer(offer, response);
      if (!settled) return;
      heard = { settled, tag: toTag(response) };
      configureMedia(session, settled.negotiated);
      request.onEarlyMedia?.({ join: (leg) => session.join(stateOf(leg).session) });
    },
    settledWith: (response) => (heard && heard.tag === toTag(response) ? heard.settled : undefined),
  };
}

function toTag(response: SipResponse): string | undefined {
  const to = parseNameAddr(header(response, "To") ?? "");
  return to && tagOf(to);
}
