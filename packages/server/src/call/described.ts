import type { LocalMedia, SdpSession } from "../sdp/index.ts";
import { answering, KEYS_NEED_TLS, offering, type Encryption, type Signalled } from "./encryption.ts";
import { offerOf, settle, type Offer, type Settled } from "./offer-answer.ts";

/** What an INVITE is answered with: the answer to its offer, or, as it had none, an offer (RFC 3261 §13.2.1). */
export type Description = Settled | Offer;

/** Our description for whoever calls, or why there is none. */
export function described(local: LocalMedia, encryption: Encryption | undefined, by: Signalled, offer: SdpSession | undefined): Description | { readonly why: string } {
  if (offer) return settle(offer, answering(local, encryption, by));
  // Whoever does not take an offer in a 200 cannot ask for another one: it is what everybody takes, where that will do.
  const ours = offering(local, encryption, by).at(-1);
  return ours ? offerOf(ours) : { why: KEYS_NEED_TLS };
}
