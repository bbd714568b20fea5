export { createControl, type CallAction, type Control } from "./control.ts";
export type { PlaceCall, PlacedCall } from "./place-call.ts";
export type { Incoming } from "./receive-call.ts";
export type { LiveStatistics } from "./registry.ts";
export type { AppSettings, ControlOptions, NumberSettings, PhoneSettings } from "./world.ts";
