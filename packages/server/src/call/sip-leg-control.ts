import { builtInHoldMusic } from "./hold-music.ts";
import type { LegControl } from "./leg-control.ts";
import { inBackground, type LegState } from "./leg-state.ts";
import { changeDirection } from "./renegotiate.ts";

export function createLegControl(state: LegState): LegControl {
  const { session, life } = state;
  let held = false;
  let muted = false;
  const signal = state.signalHold ? holdSignaller(state) : () => undefined;
  return {
    get held() {
      return held;
    },
    get muted() {
      return muted;
    },
    hold(on) {
      if (life.signal.aborted || held === on) return;
      held = on;
      session.hold("party", on ? (state.holdMusic ?? builtInHoldMusic()) : undefined);
      signal(on);
    },
    mute(on) {
      if (life.signal.aborted || muted === on) return;
      muted = on;
      session.mute(on);
    },
    sendDigits: (digits, signal) => session.sendDigits(digits, signal),
  };
}

/** Tells the peer by re-INVITEs (RFC 3264 §8.4), one after the other; a peer that refuses one hears the music all the same. */
function holdSignaller(state: LegState): (on: boolean) => void {
  let wanted = false;
  let told = false;
  let telling = false;
  const tell = async () => {
    telling = true;
    while (told !== wanted && !state.life.signal.aborted) {
      told = wanted;
      await changeDirection(state, wanted ? "sendonly" : "sendrecv");
    }
    telling = false;
  };
  return (on) => {
    wanted = on;
    if (!telling) inBackground(tell());
  };
}
