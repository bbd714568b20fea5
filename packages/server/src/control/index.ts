export { createControl, type CallAction, type Control } from "./control.ts";
export type { LiveStatistics, PlaceCall, PlacedCall } from "./model.ts";
export type { Incoming } from "./receive-call.ts";
export type { AppSettings, ControlOptions, NumberSettings, PhoneSettings } from "./settings.ts";
