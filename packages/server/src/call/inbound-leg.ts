import type { IncomingInvite } from "../sip/index.ts";
import { attachDialog } from "./in-dialog.ts";
import { setMedia } from "./leg-media.ts";
import { endState, type LegState, type Line, type SipLegOptions } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import { sdpBody, type Settled } from "./offer-answer.ts";
import { reasonHeader, statusOfCause } from "./sip-cause.ts";
import { createSipLeg } from "./sip-leg.ts";

/** The leg of an INVITE that is not answered yet. `settled` is the answer it will get. */
export function inboundLeg(options: SipLegOptions, invite: IncomingInvite, settled: Settled): Leg {
  const { leg, state } = createSipLeg(options, inboundLine(invite, settled));
  const cancelled = () => {
    if (!state.dialog) endState(state, { reason: "cancelled", who: "peer", sipStatus: 487 });
  };
  if (invite.signal.aborted) cancelled();
  else invite.signal.addEventListener("abort", cancelled, { once: true });
  return leg;
}

function inboundLine(invite: IncomingInvite, settled: Settled): Line {
  return {
    answer(state: LegState) {
      if (state.dialog) return;
      setMedia(state, settled);
      attachDialog(state, invite.accept({ body: sdpBody(settled.description) }));
    },
    async end(state, cause) {
      if (state.dialog) await state.dialog.bye([["Reason", reasonHeader(cause)]]);
      // RFC 3326 §2 lets a Reason stand in a response only where it is specified; the status says it by itself.
      else if (!invite.signal.aborted) invite.respond(statusOfCause(cause));
    },
  };
}
