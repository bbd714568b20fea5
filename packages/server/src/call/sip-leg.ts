import { attachDialog } from "./in-dialog.ts";
import { hangUp } from "./hang-up.ts";
import { watchMedia } from "./leg-media.ts";
import { createLegState, rememberState, stateOf, type LegState, type Line, type SipLegOptions } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import { createLegControl } from "./sip-leg-control.ts";

/** A leg over a SIP dialog and a media session. What it does beyond these lines stands in functions beside it. */
export function createSipLeg(options: SipLegOptions, line: Line): { readonly leg: Leg; readonly state: LegState } {
  const state = createLegState(options, line, attachDialog);
  const { session, life } = state;
  const leg: Leg = {
    id: options.id,
    info: options.info,
    signal: life.signal,
    digits: state.digits,
    async answer() {
      life.signal.throwIfAborted();
      line.answer(state);
    },
    play: (source, signal) => session.play(source, signal),
    audio: session,
    join: (other) => session.join(stateOf(other).session),
    control: createLegControl(state),
    hangup: (cause) => hangUp(state, cause),
  };
  rememberState(leg, state);
  watchMedia(state);
  return { leg, state };
}
