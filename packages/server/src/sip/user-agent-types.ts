import type { Clock, Ids, Listenable } from "../base/index.ts";
import type { Header, SipRequest, SipResponse } from "./message/message.ts";
import type { GuardOptions } from "./guard/guard.ts";
import type { IntakeLimits } from "./guard/intake.ts";
import type { OverloadLimits } from "./guard/overload.ts";
import type { SipResolver } from "./locate/resolver.ts";
import type { DialogId } from "./message/replaces.ts";
import type { SipTimers } from "./transaction/timers.ts";
import type { OpenTransport } from "./transport/transport.ts";
import type { TlsSettings } from "./transport/tls.ts";
import type { WebSocketSettings } from "./transport/web-socket.ts";
import type { NextHop, SipAddress } from "./address.ts";

export interface UserAgentOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  /** What to listen on. Port 0 lets the system choose; UDP and TCP on port 0 get the same port when both are asked for. */
  readonly listen: readonly SipAddress[];
  /** The host put into Via and Contact; without it the address listened on. */
  readonly advertisedHost?: string;
  /** The User-Agent and Server header. */
  readonly product?: string;
  /** Other values for the timers of RFC 3261 Table 4. */
  readonly timers?: Partial<SipTimers>;
  /** How TLS is spoken: our certificate, whom we trust. */
  readonly tls?: TlsSettings;
  /** Who may connect over WebSocket. */
  readonly webSocket?: WebSocketSettings;
  /** Connections of one address, on each transport; 1024 unless given. */
  readonly connectionsPerAddress?: number;
  /** Keeps strangers within limits and refuses work beyond what can be done; neither is done unless given. */
  readonly protection?: GuardOptions & { readonly overload?: Partial<OverloadLimits>; readonly intake?: Partial<IntakeLimits> };
  /** Asked for the addresses of servers (RFC 3263); the system's unless given. */
  readonly resolver?: SipResolver;
  /** Other transports than sockets: `createFakeNetwork(clock).open`. */
  readonly openTransport?: OpenTransport;
}

/** A SIP user agent core (RFC 3261 §8, §12-15): transactions and dialogs over its transports. Bodies are opaque bytes. */
export interface UserAgent {
  /** What it listens on, with the real ports. */
  readonly addresses: readonly SipAddress[];
  readonly events: Listenable<UserAgentEvents>;
  /** Calls out. Challenges (401, 407) are answered from `credentials` by itself. */
  invite(request: OutgoingRequest): OutgoingInvite;
  /** Any other request outside a dialog (REGISTER, OPTIONS); the final response, or a 408/503 made here. */
  request(method: string, request: OutgoingRequest): Promise<SipResponse>;
  /** A confirmed dialog; one that has just ended is known for a while. */
  dialog(id: DialogId): Dialog | undefined;
  /** Where requests to a URI, or by a hop, go first; `undefined`: nowhere. */
  locate(to: string | NextHop): Promise<SipAddress | undefined>;
  /** Keeps the way to `to` open through NATs: a double CRLF (RFC 5626 §3.5.1). */
  ping(to: SipAddress): Promise<void>;
  /** Closes all transports; dialogs end with `who: "local"` without a BYE. */
  close(): Promise<void>;
}

export interface UserAgentEvents {
  invite: IncomingInvite;
  /** A request outside a dialog that is not INVITE, CANCEL or ACK. Without a listener: 405 (OPTIONS: 200). */
  request: IncomingRequest;
  /** A connection to that address has ended: who was reached by it is not any more. */
  gone: SipAddress;
}

export interface OutgoingRequest {
  /** The Request-URI. */
  readonly target: string;
  /** URIs of From and To; `to` defaults to the target. */
  readonly from: string;
  readonly fromDisplayName?: string;
  readonly to?: string;
  /** Where to send it, if not to the first route or the target. */
  readonly nextHop?: NextHop;
  readonly credentials?: Credentials;
  readonly headers?: readonly Header[];
  readonly body?: Body;
  /** Parameters of our Contact, `;name=value`. */
  readonly contactParams?: string;
  /** Called with where each attempt goes. */
  readonly onSent?: (to: SipAddress) => void;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface Body {
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface OutgoingInvite {
  readonly callId: string;
  readonly events: Listenable<{ provisional: SipResponse }>;
  /** Never rejects. */
  readonly outcome: Promise<InviteOutcome>;
  /** CANCEL as RFC 3261 §9.1 has it; a 200 that crosses it is acknowledged and ended with BYE. Both carry `headers`. */
  cancel(headers?: readonly Header[]): void;
}

export type InviteOutcome =
  | { readonly kind: "accepted"; readonly dialog: Dialog; readonly response: SipResponse }
  | { readonly kind: "refused"; readonly response: SipResponse }
  | { readonly kind: "failed"; readonly why: "timeout" | "transport" | "cancelled" };

export interface IncomingRequest {
  readonly request: SipRequest;
  /** Where it really came from. */
  readonly source: SipAddress;
  respond(status: number, extra?: ResponseExtra): void;
}

export interface ResponseExtra {
  readonly reason?: string;
  readonly headers?: readonly Header[];
  readonly body?: Body;
}

export interface IncomingInvite extends IncomingRequest {
  readonly callId: string;
  /** Aborts when the caller cancels (487 is then sent by the user agent) or gives up. */
  readonly signal: AbortSignal;
  /**
   * Refuses somebody who is not known. RFC 3261 §26.3.2.4: that is said once, and not until an ACK comes, or whoever sends
   * by another's address would have us send him much more.
   */
  turnAway(status: number, extra?: ResponseExtra): void;
  /** 200 with `body`; retransmitted until the ACK. Without an ACK the dialog ends with a BYE and `who: "timeout"`. */
  accept(extra: ResponseExtra): Dialog;
}

/** A confirmed INVITE dialog (RFC 3261 §12). ACKs are sent by the user agent. */
export interface Dialog extends DialogId {
  /** Aborts when the dialog has ended; the reason is a `DialogEnd`. */
  readonly signal: AbortSignal;
  /** Requests of the peer inside the dialog other than ACK and BYE: INVITE (re-INVITE), INFO, UPDATE, OPTIONS, … */
  readonly events: Listenable<DialogEvents>;
  /** Sends a request inside the dialog, with the route set; for INVITE the ACK follows by itself. */
  request(method: string, extra?: { readonly headers?: readonly Header[]; readonly body?: Body }): Promise<SipResponse>;
  /** Another confirmed dialog of the same user agent. */
  sibling(id: DialogId): Dialog | undefined;
  /** Ends the dialog. Idempotent; resolves when it has ended, answered or not. */
  bye(headers?: readonly Header[]): Promise<void>;
}

export interface DialogEvents {
  request: IncomingRequest;
  /** The ACK to a 200 of ours; its body is the answer when our 200 carried the offer. */
  ack: SipRequest;
}

export interface DialogEnd {
  readonly who: "local" | "remote" | "timeout";
  /** The Reason header of the peer's BYE (RFC 3326). */
  readonly reasonHeader?: string;
}
