import { channels, PiopiyError, type Clock, type Ids } from "../base/index.ts";
import type { MediaEngine, MediaSession } from "../media/index.ts";
import type { Cause } from "./cause.ts";
import type { Encryption } from "./encryption.ts";
import { addKeying } from "./keying.ts";
import { stateOf } from "./leg-state.ts";
import type { Leg } from "./leg.ts";

export interface OpenSessionOptions {
  readonly engine: MediaEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly encryption?: Encryption;
}

/** A new media session, beside that of the leg it will be joined with; or why the engine has none to give. */
export async function openSession(options: OpenSessionOptions, near?: Leg): Promise<{ readonly session: MediaSession } | { readonly none: Cause }> {
  const { engine, clock, ids, encryption } = options;
  try {
    const session = await engine.open(near ? { near: stateOf(near).session } : {});
    if (encryption?.identity) addKeying(session, { clock, ids, identity: encryption.identity });
    return { session };
  } catch (failure) {
    channels.failure.publish({ layer: "call", failure });
    const reason = failure instanceof PiopiyError && failure.code === "out_of_ports" ? "out_of_ports" : "media_failed";
    return { none: { reason, who: "us", sipStatus: 503 } };
  }
}
