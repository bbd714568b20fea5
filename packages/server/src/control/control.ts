import { aborted, PiopiyError } from "../base/index.ts";
import { act, mute, sendDigits, type CallAction } from "./act.ts";
import { nextFlow, type NextFlow } from "./act-flow.ts";
import { within } from "./background.ts";
import { SHUTDOWN } from "./causes.ts";
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
   * Does `action` to a running call of the app, or to a leg of it: by the call's id, its request's or that of leg a it
   * means leg a, by the id of a leg b that leg. Fails with `unknown_call`, `not_answered`.
   */
  act(appid: string, anyId: string, action: CallAction): void;
  /** Puts another flow in the place of the one that runs. Fails as `act` does. */
  nextFlow(appid: string, anyId: string, next: NextFlow): void;
  /** Presses keys towards a leg; does not wait until they are heard. Fails as `act` does. */
  sendDigits(appid: string, anyId: string, sending: { readonly leg?: string; readonly digits: string }): void;
  /** Lets nobody hear what a leg says, or everybody again. Fails as `act` does. */
  mute(appid: string, anyId: string, muting: { readonly leg?: string; readonly on: boolean }): void;
  /** Takes no more calls, ends those that run, and waits for their records, at most `limitMs` (5 s). */
  drain(limitMs?: number): Promise<void>;
  statistics(): LiveStatistics;
}

const MAX_CALLS = 2000;
const DRAIN_MS = 5000;

export function createControl(options: ControlOptions): Control {
  const world: World = { ...options, registry: createRegistry(options.maxCalls ?? MAX_CALLS) };
  return {
    placeCall: (placing) => placeCall(world, placing),
    receiveCall: (incoming) => receiveCall(world, incoming),
    act: (appid, anyId, action) => act(world, appid, anyId, action),
    nextFlow: (appid, anyId, next) => nextFlow(world, appid, anyId, next),
    sendDigits: (appid, anyId, sending) => sendDigits(world, appid, anyId, sending),
    mute: (appid, anyId, muting) => mute(world, appid, anyId, muting),
    drain: (limitMs = DRAIN_MS) => drain(world, limitMs),
    statistics: () => world.registry.statistics(),
  };
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
