import type { NewEvent } from "../store/index.ts";
import type { LegFacts, LegTimes, ToldCall, World } from "./model.ts";
import { appOf, type AppSettings } from "./settings.ts";
import type { StreamTold } from "./stream-told.ts";
import { cdrBody, eventBody, machineBody, recordingBody, streamBody, type LiveStatus, type MachineTold, type RecordingTold } from "./webhook-bodies.ts";

// What is told to an app, as rows of the outbox. A call that is no app's is told to nobody.

type Sender = Pick<World, "apps" | "clock" | "ids">;

/** A live event of a leg. */
export function liveEvent(world: Sender, call: ToldCall, leg: LegFacts, status: LiveStatus, nowMs = world.clock.now()): readonly NewEvent[] {
  return row(world, call, leg, nowMs, (own) => ({
    kind: "event",
    name: status,
    ends: status === "hangup" ? `hangup of ${leg.id}` : null,
    body: eventBody(call, leg, status, own),
  }));
}

/** What became of a stream on a leg. */
export function streamEvent(world: Sender, call: ToldCall, leg: LegFacts, told: StreamTold): readonly NewEvent[] {
  return row(world, call, leg, world.clock.now(), (own) => ({ kind: "event", name: told.status, ends: null, body: streamBody(call, leg, told, own) }));
}

/** Who has answered, as far as it sounds. */
export function machineEvent(world: Sender, call: ToldCall, leg: LegFacts, told: MachineTold): readonly NewEvent[] {
  return row(world, call, leg, world.clock.now(), (own) => ({ kind: "event", name: "machine_detection", ends: null, body: machineBody(call, leg, told, own) }));
}

/** The end of a leg: its terminal event and its record. */
export function endOfLeg(world: Sender, call: ToldCall, leg: LegFacts, times: LegTimes & { readonly endedMs: number }, reason: string): readonly NewEvent[] {
  const hangup = liveEvent(world, call, leg, "hangup", times.endedMs);
  const cdr = row(world, call, leg, times.endedMs, (own) => ({
    kind: "cdr",
    name: "cdr",
    ends: `record of ${leg.id}`,
    body: cdrBody(call, leg, times, { ...own, reason }),
  }));
  return [...hangup, ...cdr];
}

/** The end of a recording. */
export function endOfRecording(world: Sender, call: ToldCall, leg: LegFacts, recording: RecordingTold): readonly NewEvent[] {
  return row(world, call, leg, world.clock.now(), (own) => {
    const body = recordingBody(call, leg, recording, own);
    return { kind: "recording", name: body.type, ends: `recording ${recording.id}`, body };
  });
}

/**
 * Digits that are posted to an action's URL: kept among the events for who asks, sent by the flow itself, because its
 * reply is what the call goes on with.
 */
export function digitsEvent(world: Sender, call: ToldCall, leg: LegFacts, body: unknown): { readonly body: unknown; readonly events: readonly NewEvent[] } {
  let told = body;
  const events = row(world, call, leg, world.clock.now(), ({ eventId, sequence }) => {
    told = { ...Object(body), event_id: eventId, sequence };
    return { kind: "dtmf", name: "dtmf", ends: null, body: told };
  });
  return { body: told, events };
}

interface Own {
  readonly nowMs: number;
  readonly eventId: string;
  readonly sequence: number;
}
type Told = Pick<NewEvent, "kind" | "name" | "ends"> & { readonly body: unknown };

function row(world: Sender, call: ToldCall, leg: LegFacts, nowMs: number, tell: (own: Own) => Told): readonly NewEvent[] {
  const { id, appid } = call.facts;
  const app = appOf(world, appid);
  if (!app) return [];
  const own = { nowMs, eventId: world.ids.uuid(), sequence: call.nextSequence() };
  const { kind, name, ends, body } = tell(own);
  const url = addressOf(app, kind);
  return [
    {
      kind, name, ends,
      event_id: own.eventId, appid, call_id: id, leg_id: leg.id, sequence: own.sequence, url: url ?? null,
      body: JSON.stringify(body), created_ms: nowMs,
    },
  ];
}

/** Where events of that kind are sent to. */
export function addressOf(app: Pick<AppSettings, "cdr_url" | "event_url"> | undefined, kind: NewEvent["kind"]): string | undefined {
  if (kind === "dtmf") return undefined;
  return kind === "cdr" ? app?.cdr_url : app?.event_url;
}
