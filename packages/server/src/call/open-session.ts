import { channels, PiopiyError } from "../base/index.ts";
import type { MediaEngine, MediaSession } from "../media/index.ts";
import type { Cause } from "./cause.ts";
import { stateOf } from "./leg-state.ts";
import type { Leg } from "./leg.ts";

/** A new media session, beside that of the leg it will be joined with; or why the engine has none to give. */
export async function openSession(engine: MediaEngine, near?: Leg): Promise<{ readonly session: MediaSession } | { readonly none: Cause }> {
  try {
    return { session: await engine.open(near ? { near: stateOf(near).session } : {}) };
  } catch (failure) {
    channels.failure.publish({ layer: "call", failure });
    const reason = failure instanceof PiopiyError && failure.code === "out_of_ports" ? "out_of_ports" : "media_failed";
    return { none: { reason, who: "us", sipStatus: 503 } };
  }
}
