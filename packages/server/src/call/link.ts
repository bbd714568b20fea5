import { Emitter, scope, type Scope } from "../base/index.ts";
import { respondTo, type Dialog, type DialogEvents } from "../sip/index.ts";
import { changeParty } from "./change-party.ts";
import type { LegState } from "./leg-state.ts";
import { describedBy, offerOf, sdpBody, settle, settleOffer } from "./offer-answer.ts";
import type { LocalMedia } from "../sdp/index.ts";

/**
 * Two legs become each other's party, as if the one had called the other: two calls that went on side by side are
 * joined, each with its own flow, recordings and time. Their media goes from the one's port to the other's. Gives the
 * second one's dialog with the party before, which is for the caller to end, as the first one's is; nothing when they
 * have no codec in common.
 */
export function linkParties(one: LegState, other: LegState): Dialog | undefined {
  const offer = offerOf(within(one), one.description);
  const described = describedBy(asMessage(offer.description));
  const theirs = described.kind === "description" ? settle(described.session, within(other), other.description) : undefined;
  const ours = theirs && !("why" in theirs) ? settleOffer(offer, asMessage(theirs.description)) : undefined;
  if (!ours || !theirs || "why" in theirs || one.life.signal.aborted || other.life.signal.aborted) return undefined;
  const [here, there] = linkedDialogs();
  changeParty(one, here, undefined, ours);
  return changeParty(other, there, undefined, theirs);
}

/** The same media in the clear, at an address where the other one reaches it without leaving this machine. */
function within(state: LegState): LocalMedia {
  const { security: _, secured: __, ...media } = state.local;
  return { ...media, host: loopback(state.session.local.host), direction: "sendrecv" };
}

const loopback = (host: string): string => (host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host);

const asMessage = (description: Uint8Array) => {
  const { type, bytes } = sdpBody(description);
  return { ...respondTo({ headers: [] }, 200, { headers: [["Content-Type", type]] }), body: bytes };
};

/** Both ends of a dialog that never leaves this process. */
function linkedDialogs(): readonly [Dialog, Dialog] {
  const lives = [scope(), scope()] as const;
  return [endOf(lives[0], lives[1]), endOf(lives[1], lives[0])];
}

function endOf(life: Scope, other: Scope): Dialog {
  return {
    callId: "linked", localTag: "", remoteTag: "",
    signal: life.signal,
    events: new Emitter<DialogEvents>(),
    sibling: () => undefined,
    // Nobody is there who could show a change.
    request: async () => respondTo({ headers: [] }, 488),
    async bye(headers = []) {
      const [, reasonHeader] = headers.find(([name]) => name === "Reason") ?? [];
      life.close({ who: "local" });
      other.close({ who: "remote", ...(reasonHeader !== undefined && { reasonHeader }) });
    },
  };
}
