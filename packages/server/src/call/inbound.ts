import { channels } from "../base/index.ts";
import type { DigestAuthenticator, IncomingInvite, IncomingRequest, Registrar, UserAgent } from "../sip/index.ts";
import { calledOf, callerOf } from "./identity.ts";
import type { LegInfo } from "./leg.ts";
import { inBackground } from "./leg-state.ts";
import { offeredCall, type AnsweringOptions, type OfferedCall } from "./offered-call.ts";
import { ACCEPT, ALLOW } from "./refuse.ts";
import type { PhoneAccount } from "./routes.ts";

/** A trunk as far as calls from it are concerned. */
export interface TrunkSource {
  readonly name: string;
  /** Our user name at the trunk, when there is one. */
  readonly username?: string;
  /** Whether calls from that address are the trunk's. */
  isAllowed(address: string): boolean;
}

export interface InboundOptions extends AnsweringOptions {
  readonly userAgent: UserAgent;
  readonly registrar: Registrar;
  readonly authenticator: DigestAuthenticator;
  readonly trunks: readonly TrunkSource[];
  readonly phones: readonly PhoneAccount[];
  readonly onCall: (call: IncomingCall) => void;
}

export type CallSource =
  | { readonly type: "trunk"; readonly name: string }
  | { readonly type: "phone"; readonly username: string };

/** A call of somebody who may call, not answered yet. */
export interface IncomingCall extends OfferedCall {
  /** Digits or a user name; of a phone its number, whatever it claims. */
  readonly from: string;
  readonly to: string;
  readonly source: CallSource;
}
