import type { Cdr, LiveEvent, RecordingEvent } from "@piopiy/pcmo";
import type { LegFacts, LegTimes, ToldCall } from "./model.ts";
import type { StreamTold } from "./stream-told.ts";

export type LiveStatus = "started" | "ringing" | "answered" | "bridged" | "hangup";

/** When something is told, and its place in the call. */
interface Own {
  readonly nowMs: number;
  readonly eventId: string;
  readonly sequence: number;
}

/**
 * A live event in the form of 2024 (`out_started`, `in_answered`, …) with `type` of the older form, and `event_id` and
 * `sequence` of ours, by which a receiver recognises repeats and gaps.
 */
function liveBody(call: ToldCall, leg: LegFacts, status: LiveEvent["status"], own: Own): LiveEvent {
  return { type: "event", event_id: own.eventId, sequence: own.sequence, ...common(call, leg), status, time: own.nowMs };
}

/** A step of a leg. */
export function eventBody(call: ToldCall, leg: LegFacts, status: LiveStatus, own: Own): LiveEvent {
  return liveBody(call, leg, `${call.facts.direction === "inbound" ? "in" : "out"}_${status}`, own);
}

/** What became of a stream. */
export function streamBody(call: ToldCall, leg: LegFacts, { status, wsStatus }: StreamTold, own: Own): LiveEvent {
  return { ...liveBody(call, leg, status, own), ws_status: wsStatus };
}

/** Who has answered. */
export interface MachineTold {
  readonly result: "human" | "machine" | "unknown";
  readonly beep: boolean;
}

/** Who has answered, as far as it sounds; a machine's tone is told by a second event. */
export function machineBody(call: ToldCall, leg: LegFacts, { result, beep }: MachineTold, own: Own): LiveEvent {
  return { ...liveBody(call, leg, "machine_detection", own), machine: result, beep };
}

/** A leg's record, sent when it is over. `duration` and the `_time` fields are whole seconds, `time` is milliseconds. */
export function cdrBody(
  call: ToldCall,
  leg: LegFacts,
  times: LegTimes,
  end: Own & { readonly reason: string },
): Cdr {
  const { answeredMs } = times;
  return {
    type: "cdr",
    event_id: end.eventId,
    sequence: end.sequence,
    ...common(call, leg),
    status: answeredMs === undefined ? "missed" : "answered",
    duration: answeredMs === undefined ? 0 : Math.round((end.nowMs - answeredMs) / 1000),
    time: times.startedMs,
    start_time: seconds(times.startedMs),
    ...(answeredMs === undefined ? {} : { answer_time: seconds(answeredMs) }),
    end_time: seconds(end.nowMs),
    hangup_reason: end.reason,
  };
}

/** The end of a recording: where it can be fetched, or that it failed. */
export function recordingBody(
  call: ToldCall,
  leg: LegFacts,
  recording: RecordingTold,
  own: Own,
): RecordingEvent {
  const { id, channels, durationMs, interrupted } = recording;
  const head = { event_id: own.eventId, sequence: own.sequence, ...common(call, leg), time: own.nowMs, recording_id: id, channels };
  if (durationMs === undefined) return { type: "recording.failed", ...head };
  return {
    type: "recording.completed",
    ...head,
    duration_ms: durationMs,
    url: `/recordings/${id}`,
    ...(interrupted ? { interrupted } : {}),
  };
}

export interface RecordingTold {
  readonly id: string;
  readonly channels: "mono" | "stereo";
  /** Absent: it failed. */
  readonly durationMs?: number;
  /** A crash ended it. */
  readonly interrupted?: boolean;
}

function common({ facts, firstLegId, extraParams }: ToldCall, leg: LegFacts) {
  return {
    appid: wireNumber(facts.appid),
    from: wireNumber(leg.from),
    to: wireNumber(leg.to),
    direction: facts.direction,
    leg: leg.which,
    cmiuuid: leg.id,
    // The legs of one call share it: the request's id, or on an inbound call the id of its leg a.
    conversation_uuid: facts.requestId ?? firstLegId ?? leg.id,
    ...(facts.requestId === undefined ? {} : { request_id: facts.requestId }),
    ...(facts.direction === "outbound" ? { callerid: wireNumber(leg.from), vn: wireNumber(facts.from) } : {}),
    ...(extraParams === undefined ? {} : { extra_params: extraParams }),
  };
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** A JSON number on this wire, unless it is a user name or an address, or digits that a number would change. */
function wireNumber(party: string): number | string {
  return /^[1-9][0-9]{0,14}$/.test(party) ? Number(party) : party;
}
