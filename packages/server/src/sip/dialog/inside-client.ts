import { sleep } from "../../base/index.ts";
import { contactAt, isSips, SUPPORTED, userAgentHeader } from "../core.ts";
import { credentialsOf, exchange, type Sent, withVia } from "../exchange.ts";
import { type Header, type SipRequest, type SipResponse } from "../message/message.ts";
import { respondTo } from "../message/respond.ts";
import { leavesTransportOpen } from "../locate/locator.ts";
import type { SipAddress } from "../address.ts";
import type { DialogContext } from "./context.ts";
import { destinationsOf } from "./destinations.ts";
import { agreedByClient } from "./session-timer.ts";
import { nextHopInside, refreshTarget, requestInside, type RequestParts } from "./dialog-state.ts";

/** How many ACKs are kept for repeated 2xx. */
const MAX_ACKS = 4;

/** Sends a request inside the dialog; the final response, or a 408 or 503 made here. */
export async function requestWithin(context: DialogContext, method: string, parts: RequestParts): Promise<SipResponse> {
  if (context.life.signal.aborted) return made(context, method, 481);
  if (method !== "INVITE") return await sendWithin(context, method, parts);
  let response = await inviteWithin(context, parts);
  // RFC 3261 §14.1: after a 491 the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms.
  for (let attempt = 0; attempt < 3 && response.status === 491 && !context.life.signal.aborted; attempt++) {
    const { clock, ids } = context.core;
    await sleep(clock, context.ownsCallId ? 2100 + 10 * ids.integer(191) : 10 * ids.integer(201), context.life.signal).catch(() => undefined);
    if (!context.life.signal.aborted) response = await inviteWithin(context, parts);
  }
  return response;
}

/** RFC 3261 §14.1: no INVITE while another one of the dialog is under way, from here or from the peer. */
async function inviteWithin(context: DialogContext, parts: RequestParts): Promise<SipResponse> {
  while (context.inviting) await context.inviting;
  if (context.refusePending) return made(context, "INVITE", 491);
  const sent = sendWithin(context, "INVITE", parts);
  const inviting = sent.then(() => {
    context.inviting = undefined;
  });
  context.inviting = inviting;
  await inviting;
  return await sent;
}

/** A response made here, to a request that was not sent. */
const made = (context: DialogContext, method: string, status: number): SipResponse =>
  respondTo(requestInside(context.state, method, context.state.localCSeq), status);

function sendWithin(context: DialogContext, method: string, parts: RequestParts): Promise<SipResponse> {
  const { core } = context;
  const probe = requestInside(context.state, method, context.state.localCSeq, parts);
  return new Promise((resolve) => {
    const settle = (response: SipResponse) => {
      resolve(response);
      closeOn(context, method, response);
    };
    exchange(core, {
      credentials: context.credentials,
      transportOpen: leavesTransportOpen(nextHopInside(context.state)),
      wanted: () => true,
      destinations: () => destinationsOf(context),
      build(to, credentials) {
        context.state = { ...context.state, localCSeq: context.state.localCSeq + 1 };
        return requestInside(context.state, method, context.state.localCSeq, {
          ...parts,
          headers: [...ownHeaders(context, method, to), ...credentials, ...(parts.headers ?? [])],
        });
      },
    }, {
      response(response, received, sent) {
        if (response.status < 200) return;
        if (method === "INVITE" || method === "UPDATE") {
          if (response.status < 300) context.session.settled(agreedByClient(response), "uac");
          else context.session.refused(response);
        }
        if (response.status < 300 && method === "INVITE") {
          context.localBody = parts.body ?? context.localBody;
          const { number } = received.envelope.cseq;
          if (context.acks?.has(number)) return repeatAck(context, number);
          context.state = refreshTarget(context.state, response);
          acknowledge(context, number, sent.request);
        } else if (response.status < 300 && method === "UPDATE") context.state = refreshTarget(context.state, response);
        settle(response);
      },
      failed: (why, sent: Sent | undefined) => settle(respondTo(sent?.request ?? probe, why === "timeout" ? 408 : 503)),
    });
  });
}

/** RFC 3261 §12.2.1.2: after a 481 or a 408 "the UAC SHOULD terminate the dialog". */
function closeOn(context: DialogContext, method: string, response: SipResponse): void {
  // RFC 5057 §5.1: a NOTIFY that finds no subscription ends that one, and leaves the call alone.
  if (method === "BYE" || method === "NOTIFY" || (response.status !== 481 && response.status !== 408)) return;
  void byeWithin(context, [], response.status === 408 ? "timeout" : "remote");
}

function ownHeaders(context: DialogContext, method: string, to: SipAddress): readonly Header[] {
  const refreshes = method === "INVITE" || method === "UPDATE";
  // RFC 3515 §2.2, RFC 6665 §3.2: these say where we are as well.
  const located = refreshes || method === "REFER" || method === "NOTIFY";
  const contact: Header[] = located ? [["Contact", contactAt(context.core, context.transport, to, context.user, isSips(context.state.remoteTarget))]] : [];
  return [...contact, ...(refreshes ? [SUPPORTED, ...context.session.headers()] : []), ...userAgentHeader(context.core)];
}

/** Sends the ACK to a 2xx and keeps it for when the 2xx comes again (§13.2.2.4). */
export function acknowledge(context: DialogContext, cseq: number, invite: SipRequest): void {
  const { core } = context;
  const bare = requestInside(context.state, "ACK", cseq, { headers: [...credentialsOf(invite), ...userAgentHeader(core)] });
  void destinationsOf(context).then(([to]) => {
    if (!to || core.signal.aborted) return;
    const ack = withVia(core, bare, to);
    const acks = (context.acks ??= new Map());
    acks.set(cseq, { ack, to });
    const [oldest] = acks.keys();
    if (acks.size > MAX_ACKS && oldest !== undefined) acks.delete(oldest);
    repeatAck(context, cseq);
  });
}

export function repeatAck(context: DialogContext, cseq: number): void {
  const kept = context.acks?.get(cseq);
  // A lost ACK is asked for by the next 2xx.
  if (kept) context.core.network.send(kept.ack, kept.to).catch(() => undefined);
}

/** Ends the dialog with a BYE: over at once, and forgotten when the peer has answered or is not there (§15.1.1). */
export async function byeWithin(
  context: DialogContext, headers: readonly Header[], who: "local" | "remote" | "timeout" = "local",
): Promise<void> {
  if (context.life.signal.aborted) return;
  context.life.close({ who });
  // RFC 3261 §15: "The callee's UA … MUST NOT send a BYE on a confirmed dialog until it has received an ACK for its 2xx
  // response or until the server transaction times out."
  await Promise.all([...(context.unacknowledged?.values() ?? [])].map((wait) => wait.over));
  if (context.core.signal.aborted || context.core.dialogs.get(context.key) === undefined) return;
  await sendWithin(context, "BYE", { headers });
  context.core.dialogs.delete(context.key);
}
