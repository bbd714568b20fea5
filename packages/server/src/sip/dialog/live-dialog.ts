import { Emitter, scope } from "../../base/index.ts";
import type { Core, DialogEntry } from "../core.ts";
import { headerValues, type SipRequest, type SipResponse, type WithHeaders } from "../message/message.ts";
import type { DialogId } from "../message/replaces.ts";
import type { ServerTransaction } from "../transaction/transactions.ts";
import type { Received } from "../transport/network.ts";
import type { Transport } from "../transport/transport.ts";
import type { SipAddress } from "../address.ts";
import type { Body, Credentials, Dialog, DialogEnd, DialogEvents } from "../user-agent-types.ts";
import type { DialogContext } from "./context.ts";
import { dialogKey, type DialogState } from "./dialog-state.ts";
import { acknowledge, byeWithin, repeatAck, requestWithin } from "./inside-client.ts";
import { createSessionTimer } from "./session-refresh.ts";
import type { SessionInterval } from "./session-timer.ts";
import { ackWithin, awaitAck, receiveWithin } from "./inside-server.ts";

export interface DialogOrigin {
  readonly state: DialogState;
  readonly flow: SipAddress;
  readonly transport: Transport;
  readonly credentials?: Credentials | undefined;
  readonly user: string | undefined;
  readonly ownsCallId: boolean;
  readonly direct: boolean;
  /** What our INVITE, or our 2xx, said of the session. */
  readonly localBody?: Body | undefined;
  /** The peer's INVITE, or its 2xx: what it allows. */
  readonly peer: WithHeaders;
  readonly session: SessionInterval | undefined;
}

/** A confirmed dialog as the INVITE that made it sees it. */
export interface LiveDialog {
  readonly dialog: Dialog;
  /** Sends the ACK to the 2xx of the INVITE that made the dialog; again when the 2xx comes again. */
  acknowledge(cseq: number, invite: SipRequest): void;
  /** Repeats our 2xx until the ACK comes. */
  awaitAck(transaction: ServerTransaction, response: SipResponse): void;
  /** The peer was never told of it: it is over without a word. */
  abandon(end: DialogEnd): void;
}

/** Brings a dialog to life: from now on the peer's requests in it are taken. */
export function createLiveDialog(core: Core, origin: DialogOrigin): LiveDialog {
  const { state } = origin;
  // RFC 4028 §7.4: an UPDATE says nothing of the media, and cannot be in the way of a re-INVITE.
  const updates = headerValues(origin.peer, "Allow").some((method) => method.toUpperCase() === "UPDATE");
  const session = createSessionTimer(core.clock, {
    refresh: () => void (updates ? requestWithin(context, "UPDATE", {}) : context.localBody && requestWithin(context, "INVITE", { body: context.localBody })),
    // §10: "the UA … SHOULD send a BYE request to terminate the session".
    expire: () => void byeWithin(context, [], "timeout"),
  });
  const context: DialogContext = {
    session,
    localBody: origin.localBody,
    core,
    key: dialogKey(state.callId, state.localTag, state.remoteTag),
    emitter: new Emitter<DialogEvents>(),
    life: scope(),
    credentials: origin.credentials,
    user: origin.user,
    flow: origin.flow,
    transport: origin.transport,
    ownsCallId: origin.ownsCallId,
    direct: origin.direct,
    state,
    inviting: undefined,
    acks: undefined,
    unacknowledged: undefined,
    refusePending: undefined,
  };
  context.life.onClose(session.close);
  session.settled(origin.session, origin.ownsCallId ? "uac" : "uas");
  const { callId, localTag, remoteTag } = state;
  const dialog: Dialog = {
    callId, localTag, remoteTag,
    signal: context.life.signal,
    events: context.emitter,
    request: (method, parts = {}) => requestWithin(context, method, parts),
    sibling: (id) => confirmedDialog(core, id),
    bye: (headers = []) => byeWithin(context, headers),
  };
  core.dialogs.set(context.key, entryOf(context, dialog));
  return {
    dialog,
    acknowledge(cseq, invite) {
      if (context.acks?.has(cseq)) repeatAck(context, cseq);
      else acknowledge(context, cseq, invite);
    },
    awaitAck: (transaction, response) => awaitAck(context, transaction, response),
    abandon(end) {
      closeNow(context, end);
      core.dialogs.delete(context.key);
    },
  };
}

/** A dialog that is or was confirmed: one that has just ended is known until its BYE is answered. */
export const confirmedDialog = (core: Core, { callId, localTag, remoteTag }: DialogId): Dialog | undefined =>
  core.dialogs.get(dialogKey(callId, localTag, remoteTag))?.dialog;

function entryOf(context: DialogContext, dialog: Dialog): DialogEntry {
  return {
    dialog,
    request: (transaction) => receiveWithin(context, transaction),
    ack: (received: Received<SipRequest>) => ackWithin(context, received),
    close: () => closeNow(context, { who: "local" }),
  };
}

function closeNow(context: DialogContext, end: DialogEnd): void {
  for (const wait of context.unacknowledged?.values() ?? []) wait.stop();
  context.life.close(end);
}
