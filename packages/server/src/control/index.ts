export type { CallAction } from "./act.ts";
export type { NextFlow } from "./act-flow.ts";
export { createControl, type Control } from "./control.ts";
export { CallRefused, type OutsideLimits, type ServerLimits } from "./guards/toll-guard.ts";
export type { Exit } from "./guards/destinations.ts";
export { TooManyCalls, type Limits } from "./pacing.ts";
export type { LiveStatistics, PlaceCall, PlacedCall } from "./model.ts";
export type { Incoming } from "./receive-call.ts";
export type { AppLimits, AppSettings, ControlOptions, NumberSettings, PhoneSettings, TrunkSettings } from "./settings.ts";
