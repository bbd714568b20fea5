import { builtInHoldMusic } from "./hold-music.ts";
import type { LegControl } from "./leg-control.ts";
import { inBackground, type LegState } from "./leg-state.ts";
import { changeDirection } from "./renegotiate.ts";

export function createLegControl(state: LegState): LegControl {
  const { session, life } = state;
  const signal = state.signalHold ? holdSignaller(state) : notTold;
  // No getters: an object that is made with some takes several times the memory, for each call.
  const control: LegControl & { held: boolean; muted: boolean } = {
    held: false,
    muted: false,
    hold(on) {
      if (life.signal.aborted || control.held === on) return;
      control.held = on;
      session.hold("party", on ? (state.holdMusic ?? builtInHoldMusic()) : undefined);
      signal(on);
    },
    mute(on) {
      if (life.signal.aborted || control.muted === on) return;
      control.muted = on;
      session.mute(on);
    },
    sendDigits: (digits, signal) => session.sendDigits(digits, signal),
  };
  return control;
}

/** The peer needs not know: the music says it. */
const notTold = (): void => undefined;

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
