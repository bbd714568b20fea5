import { channels } from "../../base/index.ts";
import { type Core, serverHeader } from "../core.ts";
import { dialogKey } from "../dialog/dialog-state.ts";
import type { SipRequest } from "../message/message.ts";
import { param } from "../message/params.ts";
import { respondTo } from "../message/respond.ts";
import type { Received } from "../transport/network.ts";
import { remoteOf } from "../transport/transport.ts";
import type { Guard } from "./guard.ts";
import type { Overload } from "./overload.ts";

/** Whether a new request is taken. What belongs to something that goes on always is: it ends sooner so. */
export function admits(core: Core, received: Received<SipRequest>, guard: Guard | undefined, overload: Overload | undefined): boolean {
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

function belongs(core: Core, received: Received<SipRequest>): boolean {
  const { message: { method }, envelope: { callId, fromTag, toTag } } = received;
  if (method === "CANCEL") return core.transactions.inviteOf(received) !== undefined;
  return toTag !== undefined && core.dialogs.has(dialogKey(callId, toTag, fromTag));
}
