import type { Leg } from "../call/index.ts";
import { detectMachine } from "../interpreter/index.ts";
import { commit } from "./commit.ts";
import { machineEvent } from "./events.ts";
import type { LegFacts, LiveCall, World } from "./model.ts";

/** Puts who has answered on the call's timeline, and tells its app. */
export function tellOfMachine(world: World, call: LiveCall, leg: Leg, facts: LegFacts): void {
  detectMachine(leg, (detection) => {
    call.timeline.add({ type: "machine_detection", legId: leg.id, data: { ...detection } });
    commit(world, machineEvent(world, call, facts, detection), async () => undefined);
  });
}
