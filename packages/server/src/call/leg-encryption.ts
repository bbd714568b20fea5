import type { EncryptionChange, LegKeys } from "./encryption.ts";
import { legStateOf, type LegState } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import type { Settled } from "./offer-answer.ts";

/**
 * Told when the audio of a leg is in the clear from now on, or encrypted, or its keys come about in another way, because
 * its party wanted it so or is another one now. Of several listeners the last one; legs without SIP tell nothing.
 */
export function watchEncryption(leg: Leg, listener: (change: EncryptionChange) => void): void {
  const state = legStateOf(leg);
  if (state) state.encryptionChanged = listener;
}

/** Remembers what is about to come into force. */
export function noteEncryption(state: LegState, negotiated: Settled["negotiated"]): void {
  const now = keysOf(negotiated);
  const before = state.negotiated && keysOf(state.negotiated);
  if (now === "none") state.wasClear = true;
  if (before !== undefined && before !== now) state.encryptionChanged?.({ before, now });
}

function keysOf({ security, dtls }: Settled["negotiated"]): LegKeys {
  if (security) return "sdes";
  return dtls ? "dtls" : "none";
}
