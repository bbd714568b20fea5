export type { Cause, CauseReason } from "./cause.ts";
export { createSipDialler, type SipDiallerOptions } from "./dial.ts";
export type { Dialler, DialOutcome, DialRequest, DialTarget } from "./dialler.ts";
export { bridgeLegs } from "./bridge.ts";
export type { Leg, LegInfo } from "./leg.ts";
export { offeredCall, type AnsweringOptions, type OfferedCall } from "./offered-call.ts";
export { offerDirection } from "./renegotiate.ts";
export { createRoutes, type Destination, type PhoneAccount, type PhoneContact, type Route, type RouteOptions, type Routes, type TrunkRoute } from "./routes.ts";
export { calledOf, callerOf } from "./identity.ts";
