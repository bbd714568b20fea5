export { findCall, insertCall, listCalls, updateCall, type CallPage } from "./calls.ts";
export { findKey, insertKey } from "./idempotency.ts";
export { insertLeg, readLegs, updateLeg } from "./legs.ts";
export { findRecording, finishRecording, insertRecording, readRecordings } from "./recordings.ts";
export type { CallRow, CallStatus, IdempotencyRow, LegRow, LegStatus, NewCall, RecordingRow, RecordingStatus } from "./schema.ts";
export { developmentApp, settingOr } from "./settings.ts";
export { openStore, type Queries, type Store, type StoreOptions } from "./store.ts";
export { insertEntry, readTimeline, type TimelineEntry } from "./timeline.ts";
