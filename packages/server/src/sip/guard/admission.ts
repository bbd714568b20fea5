import { channels } from "../../base/index.ts";
import { type Core, serverHeader } from "../core.ts";
import { dialogKey } from "../dialog/dialog-state.ts";
import type { SipRequest } from "../message/message.ts";
import { param } from "../message/params.ts";
import { respondTo } from "../message/respond.ts";
import type { Received } from "../transport/network.ts";
import { remoteOf } from "../transport/transport.ts";
import { serverKey } from "../transaction/keys.ts";
import type { Guard } from "./guard.ts";
import type { Intake } from "./intake.ts";
import type { Overload } from "./overload.ts";

/** Lets new calls wait where there is more to do than can be done; everything else goes on at once. */
export function receiveInTurn(core: Core, received: Received, intake: Intake<Received<SipRequest>>): void {
  const { message, envelope } = received;
  if (message.type === "request" && (message.method === "INVITE" || message.method === "CANCEL") && envelope.toTag === undefined) {
    const request: Received<SipRequest> = { ...received, message };
    const key = serverKey(envelope, "INVITE");
    // RFC 3261 §9.2: what is to be cancelled has to be there.
    if (message.method === "CANCEL") intake.hurry(key);
    else if (core.transactions.inviteOf(request) === undefined) return intake.push(key, request);
  }
  core.transactions.receive(received);
}

/** Whether a new request is taken. What belongs to something that goes on always is: it ends sooner so. */
export function admits(core: Core, received: Received<SipRequest>, guard: Guard | undefined, overload: Pick<Overload, "isOver"> | undefined): boolean {
  const { message: request, envelope, source } = received;
  if (belongs(core, received)) return true;
  if (guard && !guard.admits(request, source)) return false;
  if (!overload?.isOver(core.transactions.count)) return true;
  if (channels.sipRefused.hasSubscribers) channels.sipRefused.publish({ remote: remoteOf(source), why: "overload" });
  // RFC 3261 §8.2.7: answered without a transaction, so that being overloaded costs nothing more; the same tag each time.
  const response = respondTo(request, 503, {
    toTag: (param(envelope.via.params, "branch") ?? "").replaceAll(/\W/g, "").slice(-12) || "busy",
    // Not everybody comes back at the same time.
    headers: [["Retry-After", String(5 + core.ids.integer(11))], ...serverHeader(core)],
  });
  core.network.respond(received, response).catch(() => undefined);
  return false;
}

/** There was no time for it. Strangers are told as little as ever. */
export function refuse(core: Core, received: Received<SipRequest>, waitedMs: number, guard: Guard | undefined, overload: Overload): void {
  overload.refused(waitedMs);
  admits(core, received, guard, { isOver: () => true });
}

function belongs(core: Core, received: Received<SipRequest>): boolean {
  const { message: { method }, envelope: { callId, fromTag, toTag } } = received;
  if (method === "CANCEL") return core.transactions.inviteOf(received) !== undefined;
  return toTag !== undefined && core.dialogs.has(dialogKey(callId, toTag, fromTag));
}
