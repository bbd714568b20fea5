export type { Cause, CauseReason } from "./cause.ts";
export type { Dialler, DialOutcome, DialRequest, DialTarget } from "./dialler.ts";
export type { Leg, LegInfo } from "./leg.ts";
