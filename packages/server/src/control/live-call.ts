import { channels, scope } from "../base/index.ts";
import type { TimelineEvent } from "../interpreter/index.ts";
import type { TimelineEntry } from "../store/index.ts";
import type { CallFacts, CallTimeline, LiveCall, World } from "./model.ts";

/** A call whose first `firstEntries` entries of the timeline are written by whoever makes its row. */
export function createLiveCall(world: World, facts: CallFacts, firstEntries: number, extraParams?: string): LiveCall {
  let sequence = 0;
  return {
    facts,
    life: scope(),
    timeline: timelineOf(world, facts.id, firstEntries),
    legs: new Map(),
    others: [],
    afterFlow: [],
    extraParams,
    firstLegId: undefined,
    nextSequence: () => (sequence += 1),
    ended: false,
    queued: false,
    done: Promise.resolve(),
  };
}

/** Hours of what a flow does; a bot that sends one flow after the other without end shall not fill the database. */
const MAXIMUM_ENTRIES = 5000;
/** Of those there are only so many in a call; its end, and how many entries are missing, are told in any case. */
const ALWAYS = /^(?:leg\.(?:dialled|ringing|answered|ended|media)|call\.ended|timeline\.left_out)$/;

/** Gives every event its place and its time, and hands it to the store and to whoever listens. */
function timelineOf({ store, clock }: World, callId: string, firstEntries: number): CallTimeline {
  let sequence = firstEntries;
  // No getters: an object that is made with some takes several times the memory, for each call.
  const timeline: CallTimeline & { leftOut: number } = {
    leftOut: 0,
    add(event) {
      if (sequence >= MAXIMUM_ENTRIES && !ALWAYS.test(event.type)) {
        timeline.leftOut += 1;
        return;
      }
      sequence += 1;
      const entry = entryOf(event, sequence, clock.now());
      store.append({ callId, entry });
      if (channels.timeline.hasSubscribers) channels.timeline.publish({ callId, entry });
    },
  };
  return timeline;
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
