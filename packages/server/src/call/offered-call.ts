import type { Clock } from "../base/index.ts";
import type { MediaEngine, MediaSession } from "../media/index.ts";
import type { SdpSession } from "../sdp/index.ts";
import type { IncomingInvite } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import type { Cause } from "./cause.ts";
import { described } from "./described.ts";
import { inboundLeg, type InboundLeg } from "./inbound-leg.ts";
import { closeSession } from "./keying.ts";
import { inBackground, settingsOf, type LegSettings } from "./leg-state.ts";
import type { Leg, LegInfo } from "./leg.ts";
import { describedBy, localMedia, mediaPeer, type LocalMediaOptions } from "./offer-answer.ts";
import { openSession } from "./open-session.ts";
import { notAcceptable, RETRY_LATER } from "./refuse.ts";

export interface AnsweringOptions extends LegSettings, LocalMediaOptions {
  readonly engine: MediaEngine;
  readonly clock: Clock;
}

/** A call that came in and waits for what becomes of it. */
export interface OfferedCall {
  /** Not answered yet: `leg.answer()` takes the call. */
  readonly leg: Leg;
  /** Tells the caller that somebody is being alerted (180); once, and only before the answer. */
  ring(): void;
  /** Lets the caller hear what the leg plays or is joined with before it is answered (183, RFC 3960 §3); once, and only before the answer. */
  preview(): void;
  /** Refuses it, with the status the cause stands for. */
  reject(cause: Cause): void;
}

/**
 * Makes a leg of an INVITE whose sender may call. `undefined`: it has been refused here (an offer that cannot be
 * met; no free port), or was cancelled meanwhile.
 */
export async function offeredCall(
  options: AnsweringOptions,
  invite: IncomingInvite,
  parties: Omit<LegInfo, "direction">,
  peer?: CallSource,
): Promise<OfferedCall | undefined> {
  const offer = describedBy(invite.request);
  if (offer.kind === "wrong") {
    notAcceptable(invite, offer.status, offer.why);
    return undefined;
  }
  const made = await legFor(options, invite, offer.kind === "none" ? undefined : offer.session, { direction: "inbound", from: parties.from, to: parties.to }, peer);
  return made && { ...made, reject: (cause) => inBackground(made.leg.hangup(cause)) };
}

async function legFor(
  options: AnsweringOptions,
  invite: IncomingInvite,
  offer: SdpSession | undefined,
  info: LegInfo,
  peer: CallSource | undefined,
): Promise<InboundLeg | undefined> {
  const opened = await openSession(options);
  if ("none" in opened) {
    invite.respond(503, { headers: [RETRY_LATER] });
    return undefined;
  }
  const { session } = opened;
  let leg: InboundLeg | undefined;
  try {
    leg = legOn(session, options, invite, offer, info, peer);
  } finally {
    if (!leg) inBackground(closeSession(session));
  }
  return leg;
}

function legOn(
  session: MediaSession,
  options: AnsweringOptions,
  invite: IncomingInvite,
  offer: SdpSession | undefined,
  info: LegInfo,
  peer: CallSource | undefined,
): InboundLeg | undefined {
  if (invite.signal.aborted) return undefined;
  const { clock, ids } = options;
  const media = mediaPeer(session, invite.source.host, offer);
  if (media === undefined) {
    notAcceptable(invite, 488, "The audio's address is of a family that is not spoken here.");
    return undefined;
  }
  const local = localMedia(session, options, media);
  const ours = described(local, options.encryption, { peer, transport: invite.source.transport, host: invite.source.host }, offer);
  if ("why" in ours) {
    notAcceptable(invite, 488, ours.why);
    return undefined;
  }
  return inboundLeg({ id: ids.uuid(), info, session, local, clock, ...(peer && { peer }), ...settingsOf(options) }, invite, ours);
}
