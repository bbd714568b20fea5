export { findCall, insertCall, listCalls, updateCall, type CallFilter, type CallPage } from "./calls.ts";
export { deleteCall, deleteRecording, type ByHand } from "./delete-by-hand.ts";
export { dueEvents, nextDueMs, readDeliveries, recordAttempt, resendEvent, type AttemptResult } from "./deliveries.ts";
export { findEvent, insertEvent, lastEventSequence, listEvents, readCdrs, readEvents, type EventPage, type NewEvent } from "./events.ts";
export { deleteOldKeys, findKey, insertKey } from "./idempotency.ts";
export { openCalls } from "./interrupted.ts";
export { insertLeg, noteLegMedia, readLegs, updateLeg } from "./legs.ts";
export { deleteOldCalls, deleteOldTimelines, type Step } from "./old-calls.ts";
export { addUpRecordings, deleteOldRecordings, measureRecording, unmeasuredRecordings, type RecordingsStep, type Sum } from "./old-recordings.ts";
export type { Place } from "./place.ts";
export { findRecording, finishRecording, insertRecording, readRecordings } from "./recordings.ts";
export { finishRemovals, openRemovals } from "./removals.ts";
export type {
  CallRow, CallStatus, DeliveryRow, EventRow, EventState, IdempotencyRow, LegRow, LegStatus, NewCall, RecordingRow, RecordingStatus,
} from "./schema.ts";
export { deleteOldEvents, type OldEvents } from "./retention.ts";
export { developmentApp, settingOr } from "./settings.ts";
export { openStore, type Queries, type Store, type StoreOptions } from "./store.ts";
export { legsUpSince } from "./usage.ts";
export { appendEntry, insertEntry, readTimeline, type TimelineEntry } from "./timeline.ts";
