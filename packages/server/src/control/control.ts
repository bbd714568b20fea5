import { aborted, PiopiyError } from "../base/index.ts";
import { within } from "./background.ts";
import { CANCELLED, COMPLETED, SHUTDOWN } from "./causes.ts";
import type { LiveStatistics, PlaceCall, PlacedCall, World } from "./model.ts";
import { placeCall } from "./place-call.ts";
import { receiveCall, type Incoming } from "./receive-call.ts";
import { createRegistry } from "./registry.ts";
import type { ControlOptions } from "./settings.ts";

/** Calls, from their request to their record. */
export interface Control {
  /** Resolves when the call is durable; it is dialled afterwards. Fails with `draining`, `rate_limited`. */
  placeCall(placing: PlaceCall): Promise<PlacedCall>;
  /** Takes an inbound call; its end is not waited for. */
  receiveCall(incoming: Incoming): void;
  /**
   * Does `action` to a running call of the app: by its id, its request id or the id of leg a it means the call, by the
   * id of a leg b only that leg. Fails with `unknown_call`, and with `unsupported_action` for all but `hangup`.
   */
  act(appid: string, anyId: string, action: CallAction): void;
  /** Takes no more calls, ends those that run, and waits for their records, at most `limitMs` (5 s). */
  drain(limitMs?: number): Promise<void>;
  statistics(): LiveStatistics;
}

export type CallAction = "hangup" | "hold" | "unhold" | "holdToggle" | "transfer";

const MAX_CALLS = 2000;
const DRAIN_MS = 5000;

export function createControl(options: ControlOptions): Control {
  const world: World = { ...options, registry: createRegistry(options.maxCalls ?? MAX_CALLS) };
  return {
    placeCall: (placing) => placeCall(world, placing),
    receiveCall: (incoming) => receiveCall(world, incoming),
    act: (appid, anyId, action) => act(world, appid, anyId, action),
    drain: (limitMs = DRAIN_MS) => drain(world, limitMs),
    statistics: () => world.registry.statistics(),
  };
}

function act({ registry }: World, appid: string, anyId: string, action: CallAction): void {
  const call = registry.find(appid, anyId);
  if (!call) throw new PiopiyError("unknown_call");
  if (action !== "hangup") throw new PiopiyError("unsupported_action", "This server performs hangup only on calls that are up.");
  const leg = call.legs.get(anyId);
  call.timeline.add({ type: "call.action", ...(leg ? { legId: anyId } : {}), data: { action } });
  if (leg?.facts.which === "b") {
    leg.hangup(leg.times.answeredMs === undefined ? CANCELLED : COMPLETED);
    return;
  }
  const up = [...call.legs.values()].some(({ facts, times }) => facts.which === "a" && times.answeredMs !== undefined);
  call.life.close(up ? COMPLETED : CANCELLED);
}

async function drain(world: World, limitMs: number): Promise<void> {
  const { registry, store, clock } = world;
  registry.drain();
  const calls = [...registry.calls];
  for (const call of calls) call.life.close(SHUTDOWN);
  const over = Promise.all(calls.map((call) => call.done));
  await within(clock, limitMs, undefined, (signal) => Promise.race([over, aborted(signal)]));
  await store.flush();
}
