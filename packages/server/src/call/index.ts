export { bridgeLegs } from "./bridge.ts";
export type { Caller, CallerOptions, CallSource, TrunkSource } from "./caller.ts";
export type { Cause, CauseReason } from "./cause.ts";
export { createSipDialler, type SipDiallerOptions } from "./dial.ts";
export type { Dialler, DialOutcome, DialRequest, DialTarget } from "./dialler.ts";
export { calledOf, callerOf } from "./identity.ts";
export { createInbound, type InboundOptions, type IncomingCall } from "./inbound.ts";
export type { Leg, LegInfo } from "./leg.ts";
export { offeredCall, type AnsweringOptions, type OfferedCall } from "./offered-call.ts";
export { party } from "./party.ts";
export { patiently } from "./patience.ts";
export { offerDirection } from "./renegotiate.ts";
export {
  createRoutes,
  type Destination,
  type PhoneAccount,
  type PhoneContact,
  type Route,
  type RouteOptions,
  type Routes,
  type TrunkRoute,
} from "./routes.ts";
export { causeOfStatus, reasonHeader, statusOfCause } from "./sip-cause.ts";
export { createTrunk, type Trunk, type TrunkOptions, type TrunkSettings, type TrunkState } from "./trunk.ts";
