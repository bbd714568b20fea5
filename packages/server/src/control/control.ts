import { aborted, PiopiyError } from "../base/index.ts";
import { createOutbox, type Outbox } from "../outbox/index.ts";
import { findEvent, resendEvent } from "../store/index.ts";
import { within } from "./background.ts";
import { CANCELLED, COMPLETED, SHUTDOWN } from "./causes.ts";
import type { LiveStatistics, PlaceCall, PlacedCall, World } from "./model.ts";
import { placeCall } from "./place-call.ts";
import { receiveCall, type Incoming } from "./receive-call.ts";
import { createRegistry } from "./registry.ts";
import { recover } from "./recover.ts";
import { appOf, type ControlOptions } from "./settings.ts";

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
  /** After a start: closes the calls that a crash left open, and delivers what waits. Tells how many were closed. */
  recover(): Promise<number>;
  /** Sends an event of the app once more. Fails with `unknown_event`. */
  resend(appid: string, eventId: string): Promise<void>;
  /**
   * Takes no more calls, ends those that run, and waits for their records and the first attempt to deliver them, at
   * most `limitMs` (5 s). What is not delivered then is delivered after the next start.
   */
  drain(limitMs?: number): Promise<void>;
  statistics(): LiveStatistics;
}

export type CallAction = "hangup" | "hold" | "unhold" | "holdToggle" | "transfer";

const MAX_CALLS = 2000;
const DRAIN_MS = 5000;

export function createControl(options: ControlOptions): Control {
  const world: World = { ...options, registry: createRegistry(options.maxCalls ?? MAX_CALLS), outbox: outboxOf(options) };
  return {
    placeCall: (placing) => placeCall(world, placing),
    receiveCall: (incoming) => receiveCall(world, incoming),
    act: (appid, anyId, action) => act(world, appid, anyId, action),
    drain: (limitMs = DRAIN_MS) => drain(world, limitMs),
    recover: () => recover(world),
    resend: (appid, eventId) => resend(world, appid, eventId),
    statistics: () => ({ ...world.registry.statistics(), webhooks: { ...world.outbox.totals } }),
  };
}

function outboxOf({ store, clock, callbacks, apps, delivery = {} }: ControlOptions): Outbox {
  const secretsOf = (appid: string) => {
    const app = appOf({ apps }, appid);
    return app && (app.webhook_secrets ?? []);
  };
  return createOutbox({ store, clock, secretsOf, post: (...posted) => callbacks.post(...posted), ...delivery });
}

/** Sends an event once more. */
async function resend({ store, clock, outbox, apps }: World, appid: string, eventId: string): Promise<void> {
  const event = await findEvent(store.db, appid, eventId);
  if (!event) throw new PiopiyError("unknown_event");
  const app = appOf({ apps }, appid);
  const url = (event.kind === "cdr" ? app?.cdr_url : app?.event_url) ?? event.url;
  if (url === null) throw new PiopiyError("unknown_event", "The app has no address for this event: there is nowhere to send it.");
  await store.write((db) => resendEvent(db, eventId, url, clock.now()));
  outbox.wake();
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
  const { registry, store, clock, outbox } = world;
  registry.drain();
  const calls = [...registry.calls];
  for (const call of calls) call.life.close(SHUTDOWN);
  const over = async () => {
    await Promise.all(calls.map((call) => call.done));
    await store.flush();
    await outbox.idle();
  };
  await within(clock, limitMs, undefined, (signal) => Promise.race([over(), aborted(signal)]));
  await outbox.close();
  await store.flush();
}
