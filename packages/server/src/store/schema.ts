import type { Generated, Insertable, Selectable } from "kysely";

/** The tables as they stand after the last migration. Times are epoch milliseconds, numbers are text, JSON is text. */
export interface Schema {
  readonly settings: SettingsTable;
  readonly calls: CallsTable;
  readonly legs: LegsTable;
  readonly timeline: TimelineTable;
  readonly recordings: RecordingsTable;
  readonly removals: RemovalsTable;
  readonly idempotency_keys: IdempotencyKeysTable;
  readonly events: EventsTable;
  readonly deliveries: DeliveriesTable;
}

interface SettingsTable {
  readonly key: string;
  readonly value: string;
}

export type CallStatus = "queued" | "dialling" | "ringing" | "answered" | "ended";

interface CallsTable {
  readonly id: string;
  /** Only calls asked for by the API have one. */
  readonly request_id: string | null;
  readonly appid: string;
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
  readonly status: CallStatus;
  /** Why it ended; null while it lives. */
  readonly cause: string | null;
  readonly created_ms: number;
  readonly started_ms: number | null;
  readonly answered_ms: number | null;
  readonly ended_ms: number | null;
  /** What webhooks carry as `extra_params`: JSON text, or the text of a `param` action. */
  readonly extra_params: string | null;
  readonly flow: string;
  readonly options: string;
}

export type LegStatus = "dialling" | "ringing" | "answered" | "ended";

interface LegsTable {
  /** `cmiuuid` on the wire. */
  readonly id: string;
  readonly call_id: string;
  readonly which: "a" | "b";
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
  readonly status: LegStatus;
  readonly started_ms: number;
  readonly ringing_ms: number | null;
  readonly answered_ms: number | null;
  readonly ended_ms: number | null;
  readonly cause: string | null;
  readonly ended_by: string | null;
  readonly sip_status: number | null;
  /** What its SIP messages carry as Call-ID (RFC 3261 §8.1.1.4), once it is known. */
  readonly sip_call_id: string | null;
  /** What its media came to, JSON text; null before the call's end, and of a leg that was never up. */
  readonly media: Generated<string | null>;
}

interface TimelineTable {
  readonly call_id: string;
  /** Place in the call, from 1. */
  readonly sequence: number;
  readonly at_ms: number;
  readonly type: string;
  readonly leg_id: string | null;
  readonly action_index: number | null;
  readonly data: string | null;
}

export type RecordingStatus = "recording" | "completed" | "failed" | "interrupted";

interface RecordingsTable {
  readonly id: string;
  readonly call_id: string;
  readonly leg_id: string;
  /** Where the server put it; never shown outside, never taken from outside. */
  readonly file: string;
  readonly channels: "mono" | "stereo";
  readonly status: RecordingStatus;
  readonly duration_ms: number | null;
  readonly started_ms: number;
  readonly completed_ms: number | null;
  /** What the file takes on the disk; null until it was measured. */
  readonly bytes: Generated<number | null>;
}

/** Files whose rows are gone and that are still to be deleted. */
interface RemovalsTable {
  readonly file: string;
}

interface IdempotencyKeysTable {
  readonly appid: string;
  readonly key: string;
  readonly request_hash: string;
  readonly response: string;
  readonly created_ms: number;
}

/** `unaddressed`: the app had no URL for it; it is there for who asks. */
export type EventState = "pending" | "delivered" | "given_up" | "unaddressed";

/** The outbox: what is told to an app, with its place in the call, until a receiver has taken it. */
interface EventsTable {
  /** The order of all events; what `GET /events` goes on from. */
  readonly id: Generated<number>;
  /** The same at every attempt: by it a receiver knows what it has seen. */
  readonly event_id: string;
  readonly appid: string;
  readonly call_id: string;
  readonly leg_id: string;
  /** Place in the call, from 1. */
  readonly sequence: number;
  readonly kind: "event" | "cdr" | "recording" | "dtmf";
  readonly name: string;
  /** What this is the only end of: of a leg, its record, a recording. The database takes no second one. */
  readonly ends: string | null;
  readonly url: string | null;
  /** The scheme, host and port of `url`. */
  readonly origin: string | null;
  readonly body: string;
  readonly state: EventState;
  /** Since it was written or last sent anew by hand. */
  readonly attempts: Generated<number>;
  /** Null while it waits for an earlier one of the same call to the same address, and when nothing is left to do. */
  readonly next_attempt_ms: number | null;
  readonly created_ms: number;
  readonly settled_ms: number | null;
}

/** Every attempt to deliver an event. */
interface DeliveriesTable {
  readonly id: Generated<number>;
  readonly event_id: string;
  readonly at_ms: number;
  /** The status that was answered, or null: then `error` says why there was none. */
  readonly http: number | null;
  readonly error: string | null;
  readonly duration_ms: number;
}

export type EventRow = Selectable<EventsTable>;
export type DeliveryRow = Selectable<DeliveriesTable>;
export type CallRow = Selectable<CallsTable>;
export type LegRow = Selectable<LegsTable>;
export type TimelineRow = Selectable<TimelineTable>;
export type RecordingRow = Selectable<RecordingsTable>;
export type IdempotencyRow = Selectable<IdempotencyKeysTable>;
export type NewCall = Insertable<CallsTable>;
