import type { CallRow, LegRow, RecordingRow, TimelineEntry } from "../store/index.ts";

// What the API shows. Times are epoch milliseconds; what is not known yet is null.

export function callView(call: CallRow) {
  const { id, request_id, direction, from, to, status, cause, created_ms, started_ms, answered_ms, ended_ms, extra_params } = call;
  return {
    call_id: id, request_id, direction, from, to, status, cause, created_ms, started_ms, answered_ms, ended_ms,
    duration_ms: spanMs(answered_ms, ended_ms), extra_params,
  };
}

export function legView(leg: LegRow) {
  const { id, which, direction, from, to, status, started_ms, ringing_ms, answered_ms, ended_ms, cause, ended_by, sip_status, sip_call_id, media } = leg;
  return {
    cmiuuid: id, leg: which, direction, from, to, status, started_ms, ringing_ms, answered_ms, ended_ms,
    duration_ms: spanMs(answered_ms, ended_ms), cause, ended_by, sip_status, sip_call_id,
    media: mediaView(media),
  };
}

interface LegMedia {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly encryption?: { readonly keys: string; readonly suite: string } | null;
  readonly quality?: { readonly received?: Heard; readonly sent?: Heard; readonly roundTripMs?: number };
}

interface Heard {
  readonly lossPercent: number;
  readonly jitterMs: number;
  readonly rFactor: number;
  readonly mos: number;
}

/** What the RTP of a leg came to; null before its call's end, and where there was none. */
function mediaView(text: string | null) {
  if (text === null) return null;
  const { packetsSent, packetsReceived, packetsLost, encryption = null, quality: { received, sent, roundTripMs } = {} }: LegMedia = JSON.parse(text);
  return {
    packets_sent: packetsSent, packets_received: packetsReceived, packets_lost: packetsLost,
    received: heardView(received), sent: heardView(sent), round_trip_ms: roundTripMs ?? null, encryption,
  };
}

function heardView(heard: Heard | undefined) {
  if (!heard) return null;
  const { lossPercent, jitterMs, rFactor, mos } = heard;
  return { loss_percent: lossPercent, jitter_ms: jitterMs, r_factor: rFactor, mos };
}

export function recordingView({ id, leg_id, channels, status, duration_ms, started_ms, completed_ms }: RecordingRow) {
  const url = status === "completed" || status === "interrupted" ? `/recordings/${id}` : null;
  return { recording_id: id, cmiuuid: leg_id, channels, status, duration_ms, started_ms, completed_ms, url };
}

/** Entries without the digits that somebody pressed, unless they are asked for. */
export function timelineView(entries: readonly TimelineEntry[], digits: boolean): readonly TimelineEntry[] {
  if (digits) return entries;
  return entries.map((entry) => (entry.data ? { ...entry, data: withoutDigits(entry.data) } : entry));
}

/** How many there were can be seen, and not which. */
function withoutDigits(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, /^(digits?|dtmf)$/.test(key) && typeof value === "string" ? "*".repeat(value.length) : value]),
  );
}

const spanMs = (from: number | null, to: number | null): number | null => (from === null || to === null ? null : to - from);
