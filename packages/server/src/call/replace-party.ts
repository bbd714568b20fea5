import { headerLines, parseReplaces, type IncomingInvite, type UserAgent } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import { changeParty } from "./change-party.ts";
import { described } from "./described.ts";
import { inBackground, stateOfDialog, type LegState } from "./leg-state.ts";
import type { AnsweringOptions } from "./offered-call.ts";
import { describedBy, localMedia, sdpBody } from "./offer-answer.ts";
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
  const signalled = { peer: by, transport: invite.source.transport, host: invite.source.host };
  const ours = described(local, options.encryption, signalled, offer.kind === "none" ? undefined : offer.session);
  if ("why" in ours) return notAcceptable(invite, 488, ours.why);
  const settled = "negotiated" in ours ? ours : undefined;
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
  // RFC 3891 §3: more than one is a 400.
  if (!replaces) return 400;
  const dialog = userAgent.dialog(replaces);
  // RFC 3891 §3: 481 to who names nothing that is there. Deviation: a call of ours that still rings could be taken over as
  // well; nobody can know its tags, as nobody is told of dialogs here (RFC 4235).
  if (!dialog) return 481;
  if (!mayReplace(refer, by)) return 403;
  // RFC 3891 §3: what has ended already is declined.
  if (dialog.signal.aborted) return 603;
  const state = stateOfDialog(dialog);
  if (!state || state.life.signal.aborted) return 481;
  // RFC 3891 §3: with early-only the call is left alone that has been answered: 486.
  if (replaces.earlyOnly) return 486;
  return state.transferring ? 491 : state;
}
