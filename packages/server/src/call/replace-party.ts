import { headerLines, parseReplaces, type IncomingInvite, type UserAgent } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import { changeParty } from "./change-party.ts";
import { inBackground, stateOfDialog, type LegState } from "./leg-state.ts";
import type { AnsweringOptions } from "./offered-call.ts";
import { describedBy, localMedia, offerOf, sdpBody, settle } from "./offer-answer.ts";
import { patiently } from "./patience.ts";
import { notAcceptable } from "./refuse.ts";
import { reasonHeader } from "./sip-cause.ts";
import { mayReplace } from "./transfer.ts";

export interface ReplacingOptions extends AnsweringOptions {
  readonly userAgent: Pick<UserAgent, "dialog">;
}

/**
 * An INVITE that takes the place of a dialog of ours (RFC 3891 §3), of somebody who may call: the leg goes on with the
 * sender in the place of its party, and the party before is hung up.
 */
export function replaceParty(options: ReplacingOptions, invite: IncomingInvite, by: CallSource): void {
  const found = placeOf(options, invite, by);
  if (typeof found === "number") return invite.respond(found);
  const offer = describedBy(invite.request);
  if (offer.kind === "wrong") return notAcceptable(invite, offer.status, offer.why);
  const local = localMedia(found.session, options, invite.source.host);
  const settled = offer.kind === "none" ? undefined : settle(offer.session, local);
  if (settled && "why" in settled) return notAcceptable(invite, 488, settled.why);
  const ours = settled ?? offerOf(local);
  const dialog = invite.accept({ body: sdpBody(ours.description) });
  const before = changeParty(found, dialog, by, settled);
  if (!settled) found.offered = ours;
  found.transfers?.replaced(by);
  if (before) inBackground(patiently(found.clock, before.bye([["Reason", reasonHeader({ reason: "completed", who: "us" })]])));
}

/** The leg whose party is to be replaced, or the status of a refusal. */
function placeOf({ userAgent, refer }: ReplacingOptions, { request }: IncomingInvite, by: CallSource): LegState | number {
  const values = headerLines(request, "Replaces");
  const replaces = values.length === 1 ? parseReplaces(values[0] ?? "") : undefined;
  // RFC 3891 §3: "If more than one Replaces header field is present …, the UAS MUST reject the request with a 400".
  if (!replaces) return 400;
  const dialog = userAgent.dialog(replaces);
  // "If no match is found, the UAS rejects the INVITE and returns a 481"; so it does for an early dialog that it did not begin.
  if (!dialog) return 481;
  if (!mayReplace(refer, by)) return 403;
  // "If the Replaces header field matches a confirmed dialog … that has already terminated, … a 603 (Declined)".
  if (dialog.signal.aborted) return 603;
  const state = stateOfDialog(dialog);
  if (!state || state.life.signal.aborted) return 481;
  // "… the early-only flag …, the UA returns a 486 (Busy) response", as the dialog is confirmed.
  if (replaces.earlyOnly) return 486;
  return state.transferring ? 491 : state;
}
