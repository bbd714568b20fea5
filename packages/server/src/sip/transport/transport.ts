import type { Clock, Listenable } from "../../base/index.ts";
import type { SipAddress } from "../address.ts";

/** What moves the bytes of whole messages (RFC 3261 §18). */
export interface Transport {
  /** What it listens on, with the real port. */
  readonly address: SipAddress;
  /** Whether the transport itself sees to delivery and order: then there are no retransmissions. */
  readonly reliable: boolean;
  /** Tells when a connection has ended: nothing reaches that address by it any more. */
  readonly events?: Listenable<{ gone: SipAddress }>;
  /** Hands the bytes of one message to the network; rejects when that is known to have failed. */
  send(bytes: Uint8Array, to: SipAddress): Promise<void>;
  /** RFC 5923: what is meant for `sentBy` may go over the connection from `source`, if its certificate says so. */
  alias?(source: SipAddress, sentBy: SipAddress): void;
  close(): Promise<void>;
}

/** Takes the bytes of one message; must not throw. */
export type Receive = (bytes: Uint8Array, source: SipAddress, transport: Transport) => void;

/** Opens a transport on an address. */
export type OpenTransport = (address: SipAddress, receive: Receive, clock: Clock) => Promise<Transport>;

/** `host:port` of an address, the key of a connection. */
export const remoteOf = (address: SipAddress): string =>
  address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
