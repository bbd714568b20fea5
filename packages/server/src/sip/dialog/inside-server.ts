import { contactAt, isSips } from "../core.ts";
import { handOver, incomingRequest } from "../incoming-request.ts";
import { bodyOf, header, type SipRequest, type SipResponse } from "../message/message.ts";
import { respondTo } from "../message/respond.ts";
import type { ServerTransaction } from "../transaction/transactions.ts";
import type { Received } from "../transport/network.ts";
import type { DialogContext } from "./context.ts";
import { refreshTarget } from "./dialog-state.ts";
import { agreedByServer, intervalHeaders, isTooBrief, TOO_BRIEF } from "./session-timer.ts";
import { byeWithin } from "./inside-client.ts";
import { retransmitUntilAck } from "./retransmit-2xx.ts";

/** A request of the peer inside the dialog (RFC 3261 §12.2.2). */
export function receiveWithin(context: DialogContext, transaction: ServerTransaction): void {
  const { message: request, envelope: { cseq } } = transaction.received;
  const refuse = (status: number, headers: readonly (readonly [string, string])[] = []) =>
    transaction.respond(respondTo(request, status, { headers }));
  const { remoteCSeq } = context.state;
  // §12.2.2: with a lower CSeq "the request is out of order and MUST be rejected with a 500". A retransmission, which
  // has the same, never gets here.
  if (remoteCSeq !== undefined && cseq.number <= remoteCSeq) return refuse(500);
  context.state = { ...context.state, remoteCSeq: cseq.number };
  follow(context, transaction);
  if (request.method === "BYE") return receiveBye(context, transaction);
  if (context.life.signal.aborted) return refuse(481);
  if (request.method === "INVITE" || (request.method === "UPDATE" && request.body.length > 0)) {
    // §14.2: a second INVITE before the first is answered gets 500 with a Retry-After of 0 to 10 s; glare gets 491.
    // RFC 3311 §5.2: so does an UPDATE that offers something.
    if (context.refusePending) return refuse(500, [["Retry-After", String(context.core.ids.integer(11))]]);
    if (context.inviting) return refuse(491);
  }
  if ((request.method === "INVITE" || request.method === "UPDATE") && isTooBrief(request)) return refuse(422, TOO_BRIEF);
  passUp(context, transaction);
}

/** RFC 5626 §4.5, RFC 7118 §5.4: a peer whose connection broke comes back on another one, and is reached by that. */
function follow(context: DialogContext, { received: { source, transport } }: ServerTransaction): void {
  if (!transport.reliable || context.state.routeSet.length > 0) return;
  context.flow = source;
  context.transport = transport;
}

function receiveBye(context: DialogContext, transaction: ServerTransaction): void {
  const { message: request } = transaction.received;
  transaction.respond(respondTo(request, 200));
  // §15.1.2: "The UAS MUST still respond to any pending requests received for that dialog", best with a 487.
  context.refusePending?.();
  for (const wait of context.unacknowledged?.values() ?? []) wait.stop();
  context.unacknowledged = undefined;
  const reasonHeader = header(request, "Reason");
  context.life.close(reasonHeader === undefined ? { who: "remote" } : { who: "remote", reasonHeader });
  context.core.dialogs.delete(context.key);
}

function passUp(context: DialogContext, transaction: ServerTransaction): void {
  const { core, emitter } = context;
  const { message: request, source, transport } = transaction.received;
  const isInvite = request.method === "INVITE";
  const refreshes = isInvite || request.method === "UPDATE";
  // RFC 3515 §2.2: so does the answer to a REFER.
  const located = refreshes || request.method === "REFER" || request.method === "NOTIFY";
  const done = () => {
    context.refusePending = undefined;
    core.waiting.delete(transaction);
  };
  const session = refreshes ? agreedByServer(request) : undefined;
  const incoming = incomingRequest(core, transaction, {
    toTag: context.state.localTag,
    successHeaders: intervalHeaders(session),
    ...(located ? { contact: contactAt(core, transport, source, context.user, isSips(context.state.remoteTarget)) } : undefined),
    onFinal(response) {
      if (isInvite) done();
      if (response.status >= 300) return;
      if (refreshes) {
        context.state = refreshTarget(context.state, request);
        context.session.settled(session, "uas");
        context.localBody = bodyOf(response) ?? context.localBody;
      }
      if (isInvite) awaitAck(context, transaction, response);
    },
  });
  if (isInvite) {
    context.refusePending = () => incoming.respond(487);
    core.waiting.set(transaction, { toTag: context.state.localTag, cancel: () => incoming.respond(487) });
  }
  if (emitter.count("request") > 0) handOver(incoming, () => emitter.emit("request", incoming));
  else incoming.respond(request.method === "OPTIONS" ? 200 : isInvite ? 488 : 405);
}

/** Repeats our 2xx until its ACK; without one the dialog ends with a BYE (§13.3.1.4). */
export function awaitAck(context: DialogContext, transaction: ServerTransaction, response: SipResponse): void {
  const { core } = context;
  const { number } = transaction.received.envelope.cseq;
  const wait = retransmitUntilAck(core.clock, core.timers, () => transaction.respond(response), () => {
    forgetWait(context, number);
    void byeWithin(context, [], "timeout");
  });
  (context.unacknowledged ??= new Map()).set(number, wait);
}

function forgetWait(context: DialogContext, cseq: number): void {
  context.unacknowledged?.delete(cseq);
  if (context.unacknowledged?.size === 0) context.unacknowledged = undefined;
}

/** The ACK to a 2xx of ours. */
export function ackWithin(context: DialogContext, { message, envelope }: Received<SipRequest>): void {
  const wait = context.unacknowledged?.get(envelope.cseq.number);
  if (!wait) return;
  wait.stop();
  forgetWait(context, envelope.cseq.number);
  context.emitter.emit("ack", message);
}
