import { watchEncryption, type Leg } from "../call/index.ts";
import type { LiveCall } from "./model.ts";

/** Says on the timeline when the party of a leg goes on in the clear, or encrypted, in mid-call. */
export function tellEncryption(call: LiveCall, leg: Leg): void {
  watchEncryption(leg, ({ before, now }) => call.timeline.add({ type: "leg.encryption", legId: leg.id, data: { before, now } }));
}
