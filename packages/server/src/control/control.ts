import { PiopiyError } from "../base/index.ts";
import { createOutbox, type Outbox } from "../outbox/index.ts";
import { findEvent, resendEvent } from "../store/index.ts";
import { act, mute, sendDigits, type CallAction } from "./act.ts";
import { nextFlow, type NextFlow } from "./act-flow.ts";
import { drain, settle } from "./drain.ts";
import { addressOf } from "./events.ts";
import { createTollGuard } from "./guards/toll-guard.ts";
import type { LiveStatistics, PlaceCall, PlacedCall, World } from "./model.ts";
import { createPacing, type Pacing } from "./pacing.ts";
import { appGate, appTrunksGate, trunkGate } from "./paced.ts";
import { placeCall } from "./place-call.ts";
import { receiveCall, type Incoming } from "./receive-call.ts";
import { createRegistry } from "./registry.ts";
import { createRetention } from "./retention/retention.ts";
import { recover } from "./recover.ts";
import { appOf, type ControlOptions } from "./settings.ts";

/** Calls, from their request to their record. */
export interface Control {
  /** Resolves when the call is durable; it is dialled afterwards. Fails with `draining`, `out_of_ports`, `store_failed`, `rate_limited`, `destination_refused`, `minutes_used_up`. */
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
  /**
   * After a start: closes the calls that a crash left open, delivers what waits to be told, and dials what waits for its
   * turn. Tells how many were closed.
   */
  recover(): Promise<number>;
  /** Sends an event of the app once more. Fails with `unknown_event`. */
  resend(appid: string, eventId: string): Promise<void>;
  /** Deletes a call of the app that has ended, with all that belongs to it. Fails with `unknown_call`, `still_needed`. */
  deleteCall(appid: string, anyId: string): Promise<void>;
  /** Deletes a recording of the app, its file too. Fails with `unknown_recording`, `still_needed`. */
  deleteRecording(appid: string, id: string): Promise<void>;
  /**
   * Takes no more calls, and resolves when those that run have ended, at most after `limitMs` or when `signal` aborts.
   * Those that wait for their turn stay queued until the next start.
   */
  settle(limitMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Takes no more calls, ends those that run, and waits for their records and the first attempt to deliver them, at
   * most `limitMs` (5 s). What is not delivered then is delivered after the next start.
   */
  drain(limitMs?: number): Promise<void>;
  statistics(): LiveStatistics;
}

const MAX_CALLS = 2000;
const DRAIN_MS = 5000;

export function createControl(options: ControlOptions): Control {
  const world: World = {
    ...options,
    registry: createRegistry(options.maxCalls ?? MAX_CALLS), outbox: outboxOf(options), pacing: pacingOf(options), guard: createTollGuard(options),
  };
  const retention = createRetention(options);
  return {
    placeCall: (placing) => placeCall(world, placing),
    receiveCall: (incoming) => receiveCall(world, incoming),
    act: (appid, anyId, action) => act(world, appid, anyId, action),
    nextFlow: (appid, anyId, next) => nextFlow(world, appid, anyId, next),
    sendDigits: (appid, anyId, sending) => sendDigits(world, appid, anyId, sending),
    mute: (appid, anyId, muting) => mute(world, appid, anyId, muting),
    settle: (limitMs, signal) => settle(world, limitMs, signal),
    drain: (limitMs = DRAIN_MS) => {
      retention.stop();
      return drain(world, limitMs);
    },
    recover: async () => {
      const closed = await recover(world);
      retention.start();
      return closed;
    },
    resend: (appid, eventId) => resend(world, appid, eventId),
    deleteCall: (appid, anyId) => retention.deleteCall(appid, anyId),
    deleteRecording: (appid, id) => retention.deleteRecording(appid, id),
    statistics: () => ({
      ...world.registry.statistics(), queued: world.pacing.waiting, refused: world.guard.refused, webhooks: { ...world.outbox.totals },
      deleted: { ...retention.deleted },
    }),
  };
}

function pacingOf({ clock, apps, trunks = [] }: ControlOptions): Pacing {
  const limits = [
    ...apps.map(({ appid, limits }) => [appGate(appid), limits] as const),
    // The legs that flows dial are calls begun to whoever owns the trunk.
    ...apps.map(({ appid, limits }) => [appTrunksGate(appid), limits && { ...limits, concurrent: limits.trunk_legs }] as const),
    ...trunks.map(({ name, limits }) => [trunkGate(name), limits] as const),
  ];
  return createPacing(clock, new Map(limits.flatMap(([name, own]) => (own ? [[name, own] as const] : []))));
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
  const url = addressOf(app, event.kind) ?? event.url;
  if (url === null) throw new PiopiyError("unknown_event", "The app has no address for this event: there is nowhere to send it.");
  await store.write((db) => resendEvent(db, eventId, url, clock.now()));
  outbox.wake();
}
