import type { Cdr, LiveEvent, RecordingEvent } from "@piopiy/pcmo";

// What a server of your own tells about calls. Times are milliseconds since 1970; what is not known yet is null.

/** A call. */
export interface Call {
  readonly call_id: string;
  /** Only of calls that the API was asked for. */
  readonly request_id: string | null;
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
  readonly status: "queued" | "dialling" | "ringing" | "answered" | "ended";
  /** Why it ended: `completed`, `busy`, `no_answer`, … */
  readonly cause: string | null;
  readonly created_ms: number;
  readonly started_ms: number | null;
  readonly answered_ms: number | null;
  readonly ended_ms: number | null;
  readonly duration_ms: number | null;
  /** JSON text, or the text of a `param` action. */
  readonly extra_params: string | null;
}

/** A call with everything that happened in it. */
export interface CallDetail extends Call {
  readonly legs: readonly CallLeg[];
  readonly actions: readonly PerformedAction[];
  readonly timeline: readonly TimelineEntry[];
  readonly recordings: readonly Recording[];
  readonly webhooks: readonly WebhookDelivery[];
}

/** One party's side of a call. */
export interface CallLeg {
  readonly cmiuuid: string;
  readonly leg: "a" | "b";
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
  readonly status: "dialling" | "ringing" | "answered" | "ended";
  readonly started_ms: number;
  readonly ringing_ms: number | null;
  readonly answered_ms: number | null;
  readonly ended_ms: number | null;
  readonly duration_ms: number | null;
  readonly cause: string | null;
  readonly ended_by: "us" | "peer" | "network" | null;
  readonly sip_status: number | null;
  readonly sip_call_id: string | null;
  /** What its RTP came to, once its call has ended; null where there was none. */
  readonly media: LegMedia | null;
}

/** What the RTP of a leg came to. */
export interface LegMedia {
  readonly packets_sent: number;
  readonly packets_received: number;
  readonly packets_lost: number;
  /** What came from the party, and what it heard as it reported; null where that is not known. */
  readonly received: HeardQuality | null;
  readonly sent: HeardQuality | null;
  readonly round_trip_ms: number | null;
  /** How it was encrypted (SRTP), in the end: how the keys were agreed on, and the suite; null: some of it was in the clear, or all. */
  readonly encryption: { readonly keys: "sdes" | "dtls"; readonly suite: string } | null;
}

/** How one direction of a leg sounded. */
export interface HeardQuality {
  /** Lost, or too late to be heard. */
  readonly loss_percent: number;
  readonly jitter_ms: number;
  /** ITU-T G.107: 0 to 93.2. */
  readonly r_factor: number;
  /** ITU-T G.107: 1 to 4.4. */
  readonly mos: number;
}

/** An action of a flow, from its start to its end. */
export interface PerformedAction {
  readonly cmiuuid: string;
  /** Its place in its flow, from 0. */
  readonly action_index: number;
  readonly action: string;
  readonly started_ms: number;
  readonly ended_ms: number | null;
  readonly outcome: "running" | "finished" | "failed" | "interrupted";
  readonly data: Readonly<Record<string, unknown>>;
}

/** Something that happened in a call. */
export interface TimelineEntry {
  /** Place in the call, from 1. */
  readonly sequence: number;
  readonly at_ms: number;
  /** A dotted name, such as `leg.answered`. */
  readonly type: string;
  readonly leg_id?: string;
  readonly action_index?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A recording; `url` is a path of the server, once there is a file. */
export interface Recording {
  readonly recording_id: string;
  readonly cmiuuid: string;
  readonly channels: "mono" | "stereo";
  readonly status: "recording" | "completed" | "failed" | "interrupted";
  readonly duration_ms: number | null;
  readonly started_ms: number;
  readonly completed_ms: number | null;
  readonly url: string | null;
}

/** A webhook of a call, with every attempt to deliver it. */
export interface WebhookDelivery {
  readonly event_id: string;
  readonly sequence: number;
  readonly kind: "event" | "cdr" | "recording" | "dtmf";
  readonly name: string;
  readonly cmiuuid: string;
  readonly state: "pending" | "delivered" | "given_up" | "unaddressed";
  readonly created_ms: number;
  readonly next_attempt_ms: number | null;
  readonly attempts: readonly { readonly at_ms: number; readonly http: number | null; readonly error: string | null; readonly duration_ms: number }[];
}

/** Something that was told, or is to be told, to an app. */
export interface OutboxEvent {
  /** Its place among all events; give it as `after` to go on behind it. */
  readonly cursor: number;
  /** The same at every attempt. */
  readonly event_id: string;
  readonly call_id: string;
  readonly cmiuuid: string;
  /** Place in the call, from 1. */
  readonly sequence: number;
  readonly kind: "event" | "cdr" | "recording" | "dtmf";
  readonly state: "pending" | "delivered" | "given_up" | "unaddressed";
  readonly attempts: number;
  readonly created_ms: number;
  readonly next_attempt_ms: number | null;
  /** What is or was POSTed. */
  readonly body: LiveEvent | Cdr | RecordingEvent;
}

/** Which calls are asked for; all of it must be true of a call. */
export interface CallFilters {
  readonly status?: Call["status"] | undefined;
  readonly direction?: Call["direction"] | undefined;
  /** A number, or the user name of a phone. */
  readonly from?: string | number | undefined;
  readonly to?: string | number | undefined;
  readonly request_id?: string | undefined;
  /** Made at this moment or later, in milliseconds since 1970. */
  readonly since_ms?: number | undefined;
  /** Made before this moment. */
  readonly until_ms?: number | undefined;
}

/** Where a list of events begins. */
export interface EventPosition {
  /** Behind the event of this cursor; from the first one when absent. */
  readonly after?: number | undefined;
}
