import { scope } from "../../base/index.ts";
import { contactAt, type Core, type DialogEntry, isSips, serverHeader, userOf } from "../core.ts";
import { incomingRequest } from "../incoming-request.ts";
import { bodyOf, headerValues, type SipRequest, type SipResponse } from "../message/message.ts";
import type { DialogId } from "../message/replaces.ts";
import { respondTo } from "../message/respond.ts";
import type { ServerTransaction } from "../transaction/transactions.ts";
import type { Dialog, IncomingInvite } from "../user-agent-types.ts";
import { dialogKey, dialogOfRequest } from "./dialog-state.ts";
import { answerEarly } from "./early-dialog.ts";
import { reliably, requires100rel } from "./reliable-server.ts";
import { agreedByServer, intervalHeaders } from "./session-timer.ts";
import { createLiveDialog, type LiveDialog } from "./live-dialog.ts";

/** A call to us (RFC 3261 §13.3): an early dialog until it is accepted or refused. */
export function inviteIn(core: Core, bare: ServerTransaction): IncomingInvite {
  const { message: request, envelope, source, transport } = bare.received;
  const localTag = core.ids.token(10);
  const key = dialogKey(envelope.callId, localTag, envelope.fromTag);
  const reliable = requires100rel(request) ? reliably(core, bare, key, () => giveUp("gone", 504)) : undefined;
  const transaction = reliable ?? bare;
  const session = agreedByServer(request);
  const waiting = scope();
  const user = userOf(request.uri) ?? userOf(envelope.to.uri);
  let accepted: LiveDialog | undefined;

  const live = (response: SipResponse) => {
    const made = createLiveDialog(core, {
      peer: request, session, localBody: bodyOf(response),
      state: dialogOfRequest(request, envelope, localTag), flow: source, transport, user, ownsCallId: false,
      // One Via: no proxy stands between us.
      direct: headerValues(request, "Via").length === 1,
    });
    made.awaitAck(transaction, response);
    return made;
  };
  const incoming = incomingRequest(core, transaction, {
    toTag: localTag,
    successHeaders: intervalHeaders(session),
    contact: contactAt(core, transport, source, user, asksForSips(request)),
    onFinal(response) {
      // An answer that is held back can still be cancelled.
      if (!reliable?.waits()) core.waiting.delete(bare);
      core.dialogs.delete(key);
      if (response.status < 300) accepted = live(response);
    },
  });
  const giveUp = (reason: "cancelled" | "gone" | "closed", status = 487) => {
    if (accepted) {
      // RFC 3262 §3: the answer was never sent.
      transaction.respond(respondTo(request, status, { toTag: localTag, headers: serverHeader(core) }));
      accepted.abandon({ who: reason === "cancelled" ? "remote" : "timeout" });
    } else incoming.respond(status);
    core.waiting.delete(bare);
    waiting.close(new DOMException(`the caller's INVITE is ${reason}`, "AbortError"));
  };

  core.waiting.set(bare, { toTag: localTag, cancel: () => giveUp("cancelled"), failed: () => giveUp("gone") });
  core.dialogs.set(key, earlyEntry(core, user, giveUp));
  return {
    ...incoming,
    callId: envelope.callId,
    signal: waiting.signal,
    turnAway(status, extra) {
      incoming.respond(status, extra);
      bare.forget();
    },
    accept(extra) {
      incoming.respond(200, extra);
      // Too late: cancelled, refused or closed. The caller has a dialog that is over.
      return accepted?.dialog ?? endedDialog({ callId: envelope.callId, localTag, remoteTag: envelope.fromTag });
    },
  };
}

function earlyEntry(core: Core, user: string | undefined, giveUp: (reason: "cancelled" | "closed") => void): DialogEntry {
  return {
    request(early) {
      if (early.received.message.method !== "BYE") return answerEarly(core, early, user);
      // RFC 3261 §15: the caller may end an early dialog with a BYE.
      early.respond(respondTo(early.received.message, 200));
      giveUp("cancelled");
    },
    ack: () => undefined,
    close: () => giveUp("closed"),
  };
}

/** RFC 3261 §12.1.1: by its Request-URI, its top Record-Route, or, without one, its Contact. */
function asksForSips(request: SipRequest): boolean {
  return isSips(request.uri) || isSips(headerValues(request, "Record-Route")[0] ?? headerValues(request, "Contact")[0]);
}

/** What `accept` gives when there is nothing left to accept. */
function endedDialog(id: DialogId): Dialog {
  const life = scope();
  life.close({ who: "remote" });
  return {
    ...id,
    signal: life.signal,
    events: { on: () => () => undefined },
    request: async () => ({ type: "response", status: 481, reason: "Call/Transaction Does Not Exist", headers: [], body: new Uint8Array(0) }),
    sibling: () => undefined,
    bye: async () => undefined,
  };
}
