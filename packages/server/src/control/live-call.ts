import { channels, scope, type Scope } from "../base/index.ts";
import type { Timeline, TimelineEvent } from "../interpreter/index.ts";
import { insertEntry, type TimelineEntry } from "../store/index.ts";
import { inBackground } from "./background.ts";
import type { LegRecord } from "./leg-record.ts";
import { webhooksOf, type Webhooks } from "./webhooks.ts";
import type { World } from "./world.ts";

export interface CallFacts {
  readonly id: string;
  /** What the API answered; absent on inbound calls. */
  readonly requestId?: string;
  /** Empty for a call that is no app's. */
  readonly appid: string;
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
}

/** A call from its request to its record. */
export interface LiveCall {
  readonly facts: CallFacts;
  /** Closing it, with a `Cause`, ends the call. */
  readonly life: Scope;
  readonly timeline: Timeline;
  readonly legs: Map<string, LegRecord>;
  readonly webhooks: Webhooks;
  /** Told once the flow is over: only then is `extraParams` what it will be. */
  readonly afterFlow: (() => void)[];
  /** What webhooks carry as `extra_params`. */
  extraParams: string | undefined;
  ended: boolean;
  /** Resolves when its record is complete and its webhooks were tried. */
  done: Promise<void>;
}

/** A call whose first `firstEntries` entries of the timeline are written by whoever makes its row. */
export function createLiveCall(world: World, facts: CallFacts, firstEntries: number, extraParams?: string): LiveCall {
  const timeline = timelineOf(world, facts.id, firstEntries);
  return {
    facts,
    life: scope(),
    timeline,
    legs: new Map(),
    webhooks: webhooksOf(world, facts, timeline),
    afterFlow: [],
    extraParams,
    ended: false,
    done: Promise.resolve(),
  };
}

/** Gives every event its place and its time, and hands it to the store and to whoever listens. */
function timelineOf({ store, clock }: World, callId: string, firstEntries: number): Timeline {
  let sequence = firstEntries;
  return {
    add(event) {
      sequence += 1;
      const entry = entryOf(event, sequence, clock.now());
      inBackground(store.writeSoon((db) => insertEntry(db, callId, entry)));
      if (channels.timeline.hasSubscribers) channels.timeline.publish({ callId, entry });
    },
  };
}

export function entryOf(event: TimelineEvent, sequence: number, nowMs: number): TimelineEntry {
  return {
    sequence,
    at_ms: nowMs,
    type: event.type,
    ...(event.legId === undefined ? {} : { leg_id: event.legId }),
    ...(event.actionIndex === undefined ? {} : { action_index: event.actionIndex }),
    ...(event.data === undefined ? {} : { data: event.data }),
  };
}
