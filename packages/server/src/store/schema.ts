import type { Insertable, Selectable } from "kysely";

/** The tables as they stand after the last migration. Times are epoch milliseconds, numbers are text, JSON is text. */
export interface Schema {
  readonly settings: SettingsTable;
  readonly calls: CallsTable;
  readonly legs: LegsTable;
  readonly timeline: TimelineTable;
  readonly recordings: RecordingsTable;
  readonly idempotency_keys: IdempotencyKeysTable;
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
}

interface IdempotencyKeysTable {
  readonly appid: string;
  readonly key: string;
  readonly request_hash: string;
  readonly response: string;
  readonly created_ms: number;
}

export type CallRow = Selectable<CallsTable>;
export type LegRow = Selectable<LegsTable>;
export type TimelineRow = Selectable<TimelineTable>;
export type RecordingRow = Selectable<RecordingsTable>;
export type IdempotencyRow = Selectable<IdempotencyKeysTable>;
export type NewCall = Insertable<CallsTable>;
