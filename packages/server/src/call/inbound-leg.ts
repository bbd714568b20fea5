import type { IncomingInvite } from "../sip/index.ts";
import type { Description } from "./described.ts";
import { attachDialog } from "./in-dialog.ts";
import { expectHandshake } from "./keying.ts";
import { setMedia } from "./leg-media.ts";
import { endState, type LegState, type Line, type SipLegOptions } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import { sdpBody } from "./offer-answer.ts";
import { reasonHeader } from "./sip-cause.ts";
import { refuseFor } from "./refuse.ts";
import { createSipLeg } from "./sip-leg.ts";

/** The leg of an INVITE that is not answered yet. */
export interface InboundLeg {
  readonly leg: Leg;
  /** See `OfferedCall`. */
  readonly ring: () => void;
  readonly preview: () => void;
}

/** What came, and what it is answered with. */
interface Asked {
  readonly invite: IncomingInvite;
  readonly ours: Description;
}

/** Empty once the call is answered: it may go on for hours, and the INVITE with all around it is most of what a call would hold. */
interface Waiting {
  asked: Asked | undefined;
}

export function inboundLeg(options: SipLegOptions, invite: IncomingInvite, ours: Description): InboundLeg {
  const waiting: Waiting = { asked: { invite, ours } };
  const { leg, state } = createSipLeg(options, inboundLine(waiting));
  endIfCancelled(invite, state);
  return { leg, ...progressOf(waiting, state) };
}

function endIfCancelled(invite: IncomingInvite, state: LegState): void {
  const cancelled = () => {
    if (!state.dialog) endState(state, { reason: "cancelled", who: "peer", sipStatus: 487 });
  };
  if (invite.signal.aborted) cancelled();
  else invite.signal.addEventListener("abort", cancelled, { once: true });
}

/** What the caller can be told before the answer; each once. */
function progressOf(waiting: Waiting, state: LegState): Pick<InboundLeg, "ring" | "preview"> {
  let rung = false;
  const asked = () => (state.life.signal.aborted ? undefined : waiting.asked);
  const ring = () => {
    if (!rung) asked()?.invite.respond(180);
    rung = true;
  };
  return {
    ring,
    preview() {
      const now = asked();
      if (!now) return;
      const { invite, ours } = now;
      // Without an offer there is nothing to answer before the 200 has made one.
      if (!("negotiated" in ours)) return ring();
      if (state.negotiated) return;
      rung = true;
      setMedia(state, ours);
      invite.respond(183, { body: sdpBody(ours.description) });
    },
  };
}

function inboundLine(waiting: Waiting): Line {
  return {
    answer(state: LegState) {
      if (!waiting.asked) return;
      const { invite, ours } = waiting.asked;
      if (!("negotiated" in ours)) {
        state.offered = ours;
        expectHandshake(state.session, ours.local);
      }
      // RFC 3261 §13.2.1: the 200 repeats what a 183 has said, and media goes on as it is.
      else if (!state.negotiated) setMedia(state, ours);
      attachDialog(state, invite.accept({ body: sdpBody(ours.description) }));
      waiting.asked = undefined;
    },
    async end(state, cause) {
      if (state.dialog) await state.dialog.bye([["Reason", reasonHeader(cause)]]);
      else if (waiting.asked && !waiting.asked.invite.signal.aborted) refuseFor(waiting.asked.invite, cause);
    },
  };
}
