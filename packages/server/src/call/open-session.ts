import { channels } from "../base/index.ts";
import type { MediaEngine, MediaSession } from "../media/index.ts";
import { stateOf } from "./leg-state.ts";
import type { Leg } from "./leg.ts";

/** A new media session, beside that of the leg it will be joined with; `undefined` when the engine has none to give. */
export async function openSession(engine: MediaEngine, near?: Leg): Promise<MediaSession | undefined> {
  try {
    return await engine.open(near ? { near: stateOf(near).session } : {});
  } catch (failure) {
    channels.failure.publish({ layer: "call", failure });
    return undefined;
  }
}
