import { builtInHoldMusic } from "./hold-music.ts";
import type { LegControl } from "./leg-control.ts";
import type { LegState } from "./leg-state.ts";

export function createLegControl(state: LegState): LegControl {
  const { session, life } = state;
  let held = false;
  let muted = false;
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
      session.hold("party", on ? musicOf(state) : undefined);
    },
    mute(on) {
      if (life.signal.aborted || muted === on) return;
      muted = on;
      session.mute(on);
    },
    sendDigits: (digits, signal) => session.sendDigits(digits, signal),
  };
}

export const musicOf = ({ holdMusic }: LegState): Int16Array => holdMusic ?? builtInHoldMusic();
