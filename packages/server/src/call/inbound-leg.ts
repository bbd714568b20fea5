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

export function inboundLeg(options: SipLegOptions, invite: IncomingInvite, description: Description): InboundLeg {
  const { leg, state } = createSipLeg(options, inboundLine(invite, description));
  const cancelled = () => {
    if (!state.dialog) endState(state, { reason: "cancelled", who: "peer", sipStatus: 487 });
  };
  if (invite.signal.aborted) cancelled();
  else invite.signal.addEventListener("abort", cancelled, { once: true });
  return { leg, ...progressOf(invite, description, state) };
}

/** What the caller can be told before the answer; each once. */
function progressOf(invite: IncomingInvite, ours: Description, state: LegState): Pick<InboundLeg, "ring" | "preview"> {
  let rung = false;
  const waits = () => !state.life.signal.aborted && !state.dialog;
  const ring = () => {
    if (!rung && waits()) invite.respond(180);
    rung = true;
  };
  return {
    ring,
    preview() {
      // Without an offer there is nothing to answer before the 200 has made one.
      if (!("negotiated" in ours)) return ring();
      if (state.negotiated || !waits()) return;
      rung = true;
      setMedia(state, ours);
      invite.respond(183, { body: sdpBody(ours.description) });
    },
  };
}

function inboundLine(invite: IncomingInvite, ours: Description): Line {
  return {
    answer(state: LegState) {
      if (state.dialog) return;
      if (!("negotiated" in ours)) {
        state.offered = ours;
        expectHandshake(state.session, ours.local);
      }
      // RFC 3261 §13.2.1: the 200 repeats what a 183 has said, and media goes on as it is.
      else if (!state.negotiated) setMedia(state, ours);
      attachDialog(state, invite.accept({ body: sdpBody(ours.description) }));
    },
    async end(state, cause) {
      if (state.dialog) await state.dialog.bye([["Reason", reasonHeader(cause)]]);
      else if (!invite.signal.aborted) refuseFor(invite, cause);
    },
  };
}
