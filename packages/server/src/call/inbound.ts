import { channels } from "../base/index.ts";
import { header, type IncomingInvite, type IncomingRequest, type Registrar, type UserAgent } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import { authenticCaller, type CallerOptions } from "./caller.ts";
import { calledOf } from "./identity.ts";
import { inBackground } from "./leg-state.ts";
import { offeredCall, type AnsweringOptions, type OfferedCall } from "./offered-call.ts";
import type { Cause } from "./cause.ts";
import { replaceParty } from "./replace-party.ts";
import { ACCEPT, refuseFor, refuseMethod } from "./refuse.ts";

export interface InboundOptions extends AnsweringOptions, CallerOptions {
  readonly userAgent: Pick<UserAgent, "events" | "dialog">;
  readonly registrar: Registrar;
  /** While it is true, nothing new is taken: 503, also for those who ask whether we are there. */
  readonly isDraining?: () => boolean;
  /** Takes a call; nothing has been told to the caller but 100. */
  readonly onCall: (call: IncomingCall) => void;
}

/** A call of somebody who may call, not answered yet. */
export interface IncomingCall extends OfferedCall {
  /** Digits or a user name; of a phone its number, whatever it claims. */
  readonly from: string;
  readonly to: string;
  readonly source: CallSource;
}

const SHUTDOWN: Cause = { reason: "shutdown", who: "us" };

/** Serves whoever comes from outside: registrations, calls, and questions what is spoken here. */
export function createInbound(options: InboundOptions): { close(): void } {
  const { events } = options.userAgent;
  const stops = [
    events.on("invite", (invite) => inBackground(answerInvite(options, invite))),
    events.on("request", (incoming) => answerOutside(options, incoming)),
  ];
  return {
    close() {
      for (const stop of stops) stop();
    },
  };
}

function answerOutside({ registrar, isDraining }: InboundOptions, incoming: IncomingRequest): void {
  switch (incoming.request.method) {
    case "REGISTER":
      return registrar.handle(incoming);
    case "OPTIONS":
      // A proxy that asks in turn whom it may send calls to goes on without us.
      if (isDraining?.()) return refuseFor(incoming, SHUTDOWN);
      // RFC 3261 §11.2: as an INVITE would be answered, without the call.
      return incoming.respond(200, { headers: [ACCEPT] });
    default:
      return refuseMethod(incoming);
  }
}

/** Whatever goes wrong here, the caller is told: an INVITE without an answer rings until its sender gives up. */
async function answerInvite(options: InboundOptions, invite: IncomingInvite): Promise<void> {
  try {
    await receive(options, invite);
  } catch (failure) {
    channels.failure.publish({ layer: "call", failure });
    refuseFor(invite, { reason: "failed", who: "us" });
  }
}

async function receive(options: InboundOptions, invite: IncomingInvite): Promise<void> {
  const caller = authenticCaller(options, invite);
  if (!caller) return;
  if (options.isDraining?.()) return refuseFor(invite, SHUTDOWN);
  const { source, from, ownName } = caller;
  const to = calledOf(invite.request, ownName);
  if (header(invite.request, "Replaces") !== undefined) return replaceParty(options, invite, source);
  const call = await offeredCall(options, invite, { from, to }, source);
  if (!call) return;
  try {
    options.onCall({ ...call, from, to, source });
  } catch (failure) {
    channels.failure.publish({ layer: "call", failure });
    call.reject({ reason: "failed", who: "us" });
  }
}
