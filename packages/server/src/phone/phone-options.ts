import type { Clock, Ids } from "../base/index.ts";
import type { EncryptionPolicy, KeyingMethod } from "../call/index.ts";
import type { AudioCodec, MediaEngine } from "../media/index.ts";
import type { OpenTransport, SipAddress } from "../sip/index.ts";
import type { Answering } from "./answering.ts";

export interface PhoneOptions {
  readonly username: string;
  readonly password: string;
  /** Where it registers and sends its calls to. */
  readonly server: SipAddress;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The address of its own sockets. */
  readonly host: string;
  /** Shared by several phones, and then closed by its owner. Without it the phone has its own, in this thread. */
  readonly engine?: MediaEngine;
  /** False: it only calls. */
  readonly register?: boolean;
  /** What it does when called; unless told, it answers at once. */
  readonly answering?: Answering;
  /** What it speaks, the preferred one first; unless told, what the server does. */
  readonly codecs?: readonly AudioCodec[];
  /** Other transports than sockets for its SIP. */
  readonly openTransport?: OpenTransport;
  /** Whether its audio is SRTP; unless told, never. */
  readonly encryption?: EncryptionPolicy;
  /** How it asks for keys; unless told, by SDES. It answers either way. */
  readonly keying?: KeyingMethod;
  /** How much of what is heard in a call is kept; unless told, ten minutes. */
  readonly keepMs?: number;
}
