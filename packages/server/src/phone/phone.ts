import { channels, Emitter, PiopiyError, type Clock, type Ids, type Listenable } from "../base/index.ts";
import { createSipDialler, offeredCall, partiesOf, type Cause, type Dialler } from "../call/index.ts";
import { createMediaEngine, type MediaEngine } from "../media/index.ts";
import { createUserAgent, type IncomingInvite, type SipAddress, type TransportName, type UserAgent } from "../sip/index.ts";
import { answerAs, type Answering } from "./answering.ts";
import { CallNotAnswered } from "./call-not-answered.ts";
import { phoneCall, type PhoneCall } from "./phone-call.ts";

export interface PhoneOptions {
  readonly username: string;
  readonly password: string;
  /** Where it registers and sends its calls to. */
  readonly server: SipAddress;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The address of its own sockets. */
  readonly host: string;
  /** That of the server, unless told otherwise. */
  readonly transport?: TransportName;
  /** Shared by several phones, and then closed by its owner. Without it the phone has its own, in this thread. */
  readonly engine?: MediaEngine;
  /** False: it only calls. */
  readonly register?: boolean;
  /** What it does when called; at first it answers at once. */
  readonly answering?: Answering;
  /** How much of what is heard in a call is kept; 0 records nothing. */
  readonly keepMs?: number;
}

export interface PhoneEvents {
  /** Somebody calls; told before the call is answered or refused. */
  ringing: { readonly from: string; readonly to: string };
  /** A call that came in has been answered. */
  call: PhoneCall;
}

/** A SIP phone without a person: registers, takes calls as it is told to, and makes some. */
export interface Phone {
  readonly username: string;
  /** Where it listens. */
  readonly address: SipAddress;
  readonly events: Listenable<PhoneEvents>;
  /** Resolves once the server has taken the registration; rejects when it refuses it. */
  readonly registered: Promise<void>;
  /** What it does from now on when it is called. */
  answering: Answering;
  /** Calls a number or a user name. Rejects with `CallNotAnswered`, whose `cause` says why. */
  call(number: string, options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<PhoneCall>;
  /** The next call that comes in and is answered. */
  nextCall(): Promise<PhoneCall>;
  /** Hangs up, signs off, and closes its sockets. Idempotent. */
  close(): Promise<void>;
}
