export { findCall, insertCall, listCalls, updateCall, type CallFilter, type CallPage } from "./calls.ts";
export { dueEvents, nextDueMs, readDeliveries, recordAttempt, resendEvent, type AttemptResult } from "./deliveries.ts";
export { findEvent, insertEvent, lastEventSequence, listEvents, readCdrs, readEvents, type EventPage, type NewEvent } from "./events.ts";
export { findKey, insertKey } from "./idempotency.ts";
export { openCalls } from "./interrupted.ts";
export { insertLeg, readLegs, updateLeg } from "./legs.ts";
export { findRecording, finishRecording, insertRecording, readRecordings } from "./recordings.ts";
export type {
  CallRow, CallStatus, DeliveryRow, EventRow, EventState, IdempotencyRow, LegRow, LegStatus, NewCall, RecordingRow, RecordingStatus,
} from "./schema.ts";
export { deleteOldEvents, type OldEvents } from "./retention.ts";
export { developmentApp, settingOr } from "./settings.ts";
export { openStore, type Queries, type Store, type StoreOptions } from "./store.ts";
export { legsUpSince } from "./usage.ts";
export { appendEntry, insertEntry, readTimeline, type TimelineEntry } from "./timeline.ts";
