import { Emitter, type Timer } from "../../base/index.ts";
import { type Core, userOf } from "../core.ts";
import { exchange, type ExchangeListener, type Sent } from "../exchange.ts";
import type { Header, SipRequest, SipResponse } from "../message/message.ts";
import { outsideRequest } from "../outside-request.ts";
import { parseSipUri } from "../message/uri.ts";
import { cancelFor } from "../transaction/ack.ts";
import type { Received } from "../transport/network.ts";
import { isPrivate } from "../transport/private-address.ts";
import type { InviteOutcome, OutgoingInvite, OutgoingRequest } from "../user-agent-types.ts";
import { dialogOfResponse } from "./dialog-state.ts";
import { createEarlyDialogs } from "./early-dialog.ts";
import { agreedByClient } from "./session-timer.ts";
import { createPracks, type Pracks } from "./prack.ts";
import { createLiveDialog, type LiveDialog } from "./live-dialog.ts";

/** Sends an INVITE and sees it through to its outcome (RFC 3261 §13.2). */
export function inviteOut(core: Core, options: OutgoingRequest): OutgoingInvite {
  const events = new Emitter<{ provisional: SipResponse }>();
  const outside = outsideRequest(core, "INVITE", options);
  let settled = false;
  /** Since it was cancelled: what the CANCEL carries, or the BYE in its place. */
  let cancelled: readonly Header[] | undefined;
  /** The attempt that has had a provisional response: only it may be cancelled. */
  let proceeding: Sent | undefined;
  const { promise: outcome, resolve } = deferred<InviteOutcome>();
  const forks = createForks(core, options, outcome);
  const settle = (result: InviteOutcome) => {
    settled = true;
    resolve(result);
  };

  const accepted = (response: SipResponse, received: Received<SipResponse>, { request }: Sent) => {
    const { live, isNew } = forks.dialogOf(request, response, received);
    live.acknowledge(received.envelope.cseq.number, request);
    // RFC 3261 §13.2.2.4 for the other branches of a fork, §15.1.1 for a 2xx that crossed our CANCEL.
    if (isNew && (settled || cancelled)) void live.dialog.bye(cancelled);
    if (settled) return;
    settle(cancelled ? { kind: "failed", why: "cancelled" } : { kind: "accepted", dialog: live.dialog, response });
  };

  const inProgress = exchange(core, {
    ...outside,
    credentials: options.credentials,
    wanted: () => !cancelled,
  }, {
    response(response, received, sent) {
      if (response.status >= 300) {
        settle(cancelled ? { kind: "failed", why: "cancelled" } : { kind: "refused", response });
      } else if (response.status >= 200) accepted(response, received, sent);
      else if (!settled) {
        if (cancelled && proceeding !== sent) sendCancel(sent);
        proceeding = sent;
        if (forks.takes(response, received, sent)) events.emit("provisional", response);
      }
    },
    failed: (why) => settle({ kind: "failed", why: cancelled ? "cancelled" : why }),
    late: lateListener(core, forks),
  });

  const sendCancel = (sent: Sent) => {
    const limit = cancelSent(core, sent, cancelled ?? [], () => {
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
    cancel(headers = []) {
      if (settled || cancelled) return;
      cancelled = headers;
      const sent = inProgress.current();
      if (sent && proceeding === sent) sendCancel(sent);
      // §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent".
      if (sent) return;
      inProgress.forget();
      settle({ kind: "failed", why: "cancelled" });
    },
  };
}

/** Another server has the call: one that begins to ring now is told to stop, and one that answers is hung up. */
function lateListener(core: Core, forks: ReturnType<typeof createForks>): NonNullable<ExchangeListener["late"]> {
  const stopped = new Set<Sent>();
  return (response, received, sent) => {
    if (response.status >= 300) return;
    if (response.status >= 200) {
      const { live, isNew } = forks.dialogOf(sent.request, response, received);
      live.acknowledge(received.envelope.cseq.number, sent.request);
      if (isNew) void live.dialog.bye();
    } else if (!stopped.has(sent)) {
      stopped.add(sent);
      core.transactions.send(cancelFor(sent.request), sent.to, { response: () => undefined, failed: () => undefined });
    }
  };
}

/** Whoever sends to a phone's private Contact by another address knows that the address leads to the phone. */
function isBehindNat({ target, nextHop }: OutgoingRequest): boolean {
  const host = parseSipUri(target)?.host;
  return nextHop !== undefined && host !== undefined && host !== nextHop.host && isPrivate(host);
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function cancelSent(core: Core, { request, to }: Sent, headers: readonly Header[], givenUp: () => void): Timer {
  const cancel = cancelFor(request);
  core.transactions.send({ ...cancel, headers: [...cancel.headers, ...headers] }, to, { response: () => undefined, failed: () => undefined });
  // RFC 3261 §9.1: "If there is no final response for the original request in 64*T1 seconds …, the client SHOULD then
  // consider the original transaction cancelled".
  return core.clock.setTimer(64 * core.timers.t1, givenUp);
}

/** The dialogs of one INVITE by To tag: a forking proxy may bring several. */
function createForks(core: Core, options: OutgoingRequest, outcome: Promise<unknown>) {
  const dialogs = new Map<string, LiveDialog>();
  const pracks = createPracks(core, options.credentials, isBehindNat(options));
  const early = createEarlyDialogs(core, userOf(options.from));
  void outcome.then(() => early.end());
  const dialogOf = (invite: SipRequest, response: SipResponse, received: Received<SipResponse>) => {
    const tag = received.envelope.toTag ?? "";
    const known = dialogs.get(tag);
    if (known) return { live: known, isNew: false };
    const state = dialogOfResponse(invite, response, received.envelope);
    const live = createLiveDialog(core, {
      peer: response,
      session: agreedByClient(response),
      localBody: options.body,
      // What was acknowledged before has taken numbers.
      state: { ...state, localCSeq: Math.max(state.localCSeq, pracks.cseqOf(tag)) },
      flow: received.source,
      transport: received.transport,
      credentials: options.credentials,
      user: userOf(options.from),
      ownsCallId: true,
      direct: isBehindNat(options),
    });
    dialogs.set(tag, live);
    return { live, isNew: true };
  };
  const takes: Pracks["takes"] = (response, received, sent) => {
    early.begin(received);
    return pracks.takes(response, received, sent);
  };
  return { dialogOf, takes };
}
