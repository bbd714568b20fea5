import { channels } from "../base/index.ts";
import type { DigestAuthenticator, IncomingInvite, IncomingRequest, Registrar, UserAgent } from "../sip/index.ts";
import { calledOf, callerOf } from "./identity.ts";
import { inBackground } from "./leg-state.ts";
import { offeredCall, type AnsweringOptions, type OfferedCall } from "./offered-call.ts";
import { ACCEPT } from "./refuse.ts";
import type { PhoneAccount } from "./routes.ts";

/** A trunk as far as calls from it are concerned. */
export interface TrunkSource {
  readonly name: string;
  /** Our user name at the trunk, when there is one. */
  readonly username?: string;
  /** Whether calls from that IP address are the trunk's. */
  readonly isAllowed: (address: string) => boolean;
}

export interface InboundOptions extends AnsweringOptions {
  readonly userAgent: UserAgent;
  readonly registrar: Registrar;
  readonly authenticator: DigestAuthenticator;
  readonly trunks: readonly TrunkSource[];
  readonly phones: readonly PhoneAccount[];
  readonly onCall: (call: IncomingCall) => void;
}

export type CallSource =
  | { readonly type: "trunk"; readonly name: string }
  | { readonly type: "phone"; readonly username: string };

/** A call of somebody who may call, not answered yet. */
export interface IncomingCall extends OfferedCall {
  /** Digits or a user name; of a phone its number, whatever it claims. */
  readonly from: string;
  readonly to: string;
  readonly source: CallSource;
}

/** Serves whoever comes from outside: registrations, calls, and questions what is spoken here. */
export function createInbound(options: InboundOptions): { close(): void } {
  const { events } = options.userAgent;
  const stops = [
    events.on("invite", (invite) => inBackground(receive(options, invite))),
    events.on("request", (incoming) => answerOutside(options, incoming)),
  ];
  return {
    close() {
      for (const stop of stops) stop();
    },
  };
}

function answerOutside({ registrar }: InboundOptions, incoming: IncomingRequest): void {
  switch (incoming.request.method) {
    case "REGISTER":
      return registrar.handle(incoming);
    case "OPTIONS":
      // RFC 3261 §11.2: as an INVITE would be answered, without the call.
      return incoming.respond(200, { headers: [ACCEPT] });
    default:
      return incoming.respond(405);
  }
}

async function receive(options: InboundOptions, invite: IncomingInvite): Promise<void> {
  const caller = callerAllowed(options, invite);
  if (!caller) return;
  const { source, from, ownName } = caller;
  const to = calledOf(invite.request, ownName);
  const call = await offeredCall(options, invite, { from, to });
  if (!call) return;
  try {
    options.onCall({ ...call, from, to, source });
  } catch (failure) {
    channels.failure.publish({ layer: "call", failure });
    call.reject({ reason: "failed", who: "us" });
  }
}
