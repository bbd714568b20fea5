import type { Cause } from "./cause.ts";
import { endState, type LegState } from "./leg-state.ts";
import { patiently } from "./patience.ts";

/** Ends the leg at once and tells the peer; resolves when the peer has confirmed or has had time to. */
export async function hangUp(state: LegState, cause: Cause = ordinaryEnd(state)): Promise<void> {
  if (!state.life.signal.aborted) {
    // First the end, then the BYE: what ends because of it finds the cause in place.
    endState(state, cause);
    state.told = patiently(state.clock, state.line.end(state, cause));
  }
  await state.told;
}

const ordinaryEnd = (state: LegState): Cause => ({ reason: state.dialog ? "completed" : "rejected", who: "us" });
