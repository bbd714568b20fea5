import { header, type Dialog, type DialogEnd, type IncomingRequest } from "../sip/index.ts";
import type { Cause } from "./cause.ts";
import { builtInHoldMusic } from "./hold-music.ts";
import { digitOfInfo } from "./info-digits.ts";
import { press } from "./leg-media.ts";
import { endState, rememberDialog, type LegState } from "./leg-state.ts";
import { takeNotify } from "./refer.ts";
import { ACCEPT, refuseMethod } from "./refuse.ts";
import { answerChange, takeAnswer } from "./renegotiate.ts";
import { causeOfBye } from "./sip-cause.ts";
import { takeRefer } from "./transfer.ts";

/** The call is up: from now on the leg lives as long as its dialog, and answers what the peer asks inside it. */
export function attachDialog(state: LegState, dialog: Dialog): void {
  state.dialog = dialog;
  rememberDialog(dialog, state);
  const isOurs = () => state.dialog === dialog;
  state.life.onClose(dialog.events.on("request", (incoming) => (isOurs() ? answerInDialog(state, dialog, incoming) : incoming.respond(481))));
  state.life.onClose(dialog.events.on("ack", (ack) => isOurs() && takeAnswer(state, ack)));
  const ended = () => {
    if (isOurs()) partyLeft(state, causeOfEnd(dialog.signal.reason));
  };
  if (dialog.signal.aborted) ended();
  else dialog.signal.addEventListener("abort", ended, { once: true });
}

/** The leg ends with its party, unless somebody else is being called to take its place. */
function partyLeft(state: LegState, cause: Cause): void {
  if (!state.transferring) return endState(state, cause);
  state.gone = cause;
  if (state.life.signal.aborted || state.heldByPeer) return;
  // Whoever is joined with the leg hears music until somebody is there again.
  state.heldByPeer = true;
  state.session.hold("partners", state.holdMusic ?? builtInHoldMusic());
}

function answerInDialog(state: LegState, dialog: Dialog, incoming: IncomingRequest): void {
  switch (incoming.request.method) {
    case "INVITE":
    case "UPDATE":
      return answerChange(state, incoming);
    case "INFO":
      return takeInfo(state, incoming);
    case "OPTIONS":
      return incoming.respond(200, { headers: [ACCEPT] });
    case "REFER":
      return takeRefer(state, dialog, incoming);
    case "NOTIFY":
      return takeNotify(state, incoming);
    default:
      return refuseMethod(incoming);
  }
}

function takeInfo(state: LegState, incoming: IncomingRequest): void {
  const { request } = incoming;
  const digit = digitOfInfo(header(request, "Content-Type"), request.body);
  // RFC 2976 §2.2: an INFO without a body is a probe, and fine.
  if (digit === undefined && request.body.length > 0) return incoming.respond(415, { headers: [ACCEPT] });
  incoming.respond(200);
  if (digit) press(state, digit, "info");
}

function causeOfEnd({ who, reasonHeader }: DialogEnd): Cause {
  if (who === "remote") return causeOfBye(reasonHeader);
  if (who === "timeout") return { reason: "failed", who: "network", sipStatus: 408 };
  // A hangup of ours has ended the leg before its BYE was sent; what is left is the user agent that closes.
  return { reason: "shutdown", who: "us" };
}
