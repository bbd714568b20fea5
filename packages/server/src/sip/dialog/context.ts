import { type Emitter, type Scope } from "../../base/index.ts";
import type { Core } from "../core.ts";
import type { SipRequest } from "../message/message.ts";
import type { Transport } from "../transport/transport.ts";
import type { SipAddress } from "../address.ts";
import type { Body, Credentials, DialogEvents } from "../user-agent-types.ts";
import type { DialogState } from "./dialog-state.ts";
import type { SessionTimer } from "./session-refresh.ts";
import type { AckWait } from "./retransmit-2xx.ts";

/** What the client and the server side of one live dialog share. */
export interface DialogContext {
  readonly core: Core;
  readonly key: string;
  readonly emitter: Emitter<DialogEvents>;
  /** Ends when the dialog is over; the reason of its signal is a `DialogEnd`. */
  readonly life: Scope;
  readonly credentials: Credentials | undefined;
  /** The user part of our Contact. */
  readonly user: string | undefined;
  /** The flow is known to lead to the peer itself, not to a proxy. */
  readonly direct: boolean;
  /** Where the peer's messages come from, and our transport to it. */
  flow: SipAddress;
  transport: Transport;
  /** Our INVITE began the dialog. */
  readonly ownsCallId: boolean;
  /** RFC 4028: whether and when the session expires. */
  readonly session: SessionTimer;
  /** What we said last of our side of the session: said again by a re-INVITE that only refreshes. */
  localBody: Body | undefined;
  state: DialogState;
  /** Our INVITE that has no final response yet, while there is one: the peer's would be glare now (RFC 3261 §14.2). */
  inviting: Promise<void> | undefined;
  /** ACKs we sent, by CSeq, to repeat when a 2xx comes again; since there is one. */
  acks: Map<number, { readonly ack: SipRequest; readonly to: SipAddress }> | undefined;
  /** 2xx of ours that wait for their ACK, by CSeq; while there is one. */
  unacknowledged: Map<number, AckWait> | undefined;
  /** Refuses the peer's INVITE that waits for a final response. */
  refusePending: (() => void) | undefined;
}
