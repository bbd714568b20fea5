import { Emitter } from "../../base/index.ts";
import { createAuthorizer } from "../auth/authorizer.ts";
import type { Core } from "../core.ts";
import { userOf } from "../core.ts";
import { exchange, type Sent } from "../exchange.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { parseNameAddr } from "../message/name-addr.ts";
import { outsideRequest } from "../outside-request.ts";
import { cancelFor } from "../transaction/ack.ts";
import type { Received } from "../transport/network.ts";
import type { InviteOutcome, OutgoingInvite, OutgoingRequest } from "../user-agent-types.ts";
import { dialogOfResponse } from "./dialog-state.ts";
import { createLiveDialog, type LiveDialog } from "./live-dialog.ts";

/** Sends an INVITE and sees it through to its outcome (RFC 3261 §13.2). */
export function inviteOut(core: Core, options: OutgoingRequest): OutgoingInvite {
  const events = new Emitter<{ provisional: SipResponse }>();
  const outside = outsideRequest(core, "INVITE", options);
  /** One per To tag: a forking proxy may bring several. */
  const dialogs = new Map<string, LiveDialog>();
  let settled = false;
  let cancelled = false;
  let provisional = false;
  let settle: (outcome: InviteOutcome) => void = () => undefined;
  const outcome = new Promise<InviteOutcome>((resolve) => {
    settle = (result) => {
      settled = true;
      resolve(result);
    };
  });

  const accepted = (response: SipResponse, received: Received<SipResponse>, { request }: Sent) => {
    const tag = received.envelope.toTag ?? "";
    const known = dialogs.get(tag);
    if (known) return known.acknowledge(received.envelope.cseq.number, request);
    const live = dialogFor(core, options, request, response, received);
    dialogs.set(tag, live);
    live.acknowledge(received.envelope.cseq.number, request);
    // RFC 3261 §13.2.2.4 for the other branches of a fork, §15.1.1 for a 2xx that crossed our CANCEL.
    if (settled || cancelled) void live.dialog.bye();
    if (settled) return;
    settle(cancelled ? { kind: "failed", why: "cancelled" } : { kind: "accepted", dialog: live.dialog, response });
  };

  const inProgress = exchange(core, {
    ...outside,
    authorizer: options.credentials && createAuthorizer(options.credentials, core.ids),
    wanted: () => !cancelled,
  }, {
    response(response, received, sent) {
      if (response.status >= 300) {
        settle(cancelled ? { kind: "failed", why: "cancelled" } : { kind: "refused", response });
      } else if (response.status >= 200) accepted(response, received, sent);
      else if (!settled) {
        const first = !provisional;
        provisional = true;
        if (cancelled && first) sendCancel(sent);
        events.emit("provisional", response);
      }
    },
    failed: (why) => settle({ kind: "failed", why: cancelled ? "cancelled" : why }),
  });

  const sendCancel = ({ request, to }: Sent) => {
    core.transactions.send(cancelFor(request), to, { response: () => undefined, failed: () => undefined });
    // RFC 3261 §9.1: "if there is no final response for the original request in 64*T1 seconds … the UAC SHOULD then
    // consider the original transaction cancelled".
    const limit = core.clock.setTimer(64 * core.timers.t1, () => {
      if (settled) return;
      inProgress.forget();
      settle({ kind: "failed", why: "cancelled" });
    });
    void outcome.then(() => limit.cancel());
  };

  return {
    callId: outside.callId,
    events,
    outcome,
    cancel() {
      if (settled || cancelled) return;
      cancelled = true;
      const sent = inProgress.current();
      if (sent && provisional) sendCancel(sent);
      // §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent".
      if (sent) return;
      inProgress.forget();
      settle({ kind: "failed", why: "cancelled" });
    },
  };
}

function dialogFor(
  core: Core, options: OutgoingRequest, invite: SipRequest, response: SipResponse, received: Received<SipResponse>,
): LiveDialog {
  return createLiveDialog(core, {
    state: dialogOfResponse(invite, response, received.envelope),
    flow: received.source,
    transport: received.transport,
    credentials: options.credentials,
    user: userOf(options.from) ?? userOf(parseNameAddr(options.from)?.uri ?? ""),
    ownsCallId: true,
  });
}
