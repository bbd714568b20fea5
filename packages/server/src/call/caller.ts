import type { DigestAuthenticator, IncomingInvite, Registrar } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import { callerOf } from "./identity.ts";
import { party } from "./party.ts";
import type { PhoneAccount } from "./routes.ts";

/** A trunk as far as calls from it are concerned. */
export interface TrunkSource {
  readonly name: string;
  /** Our user name at the trunk, when there is one. */
  readonly username?: string;
  /** Whether calls from that IP address are the trunk's. */
  readonly isAllowed: (address: string) => boolean;
}

/** Somebody who may call. */
export interface Caller {
  readonly source: CallSource;
  /** Digits or a user name. */
  readonly from: string;
  /** Our own user name at the caller's. */
  readonly ownName?: string;
}

export interface CallerOptions {
  readonly registrar: Pick<Registrar, "contacts">;
  readonly authenticator: DigestAuthenticator;
  readonly trunks: readonly TrunkSource[];
  readonly phones: readonly PhoneAccount[];
}

/**
 * Who calls: a trunk by its address, a phone by its digest. `undefined`: the INVITE has been refused.
 * Without good credentials that is a 401 with a new challenge, each time (RFC 3261 §22.1): a wrong password and a name
 * that does not exist get the same answer, so that nobody learns which names do. Where there is no phone that could
 * answer a challenge, it is a 403.
 */
export function authenticCaller(options: CallerOptions, invite: IncomingInvite): Caller | undefined {
  const { trunks, phones, authenticator } = options;
  const trunk = trunks.find(({ isAllowed }) => isAllowed(invite.source.host));
  if (trunk && !isFromPhone(options, invite)) {
    const { name, username } = trunk;
    const source = { type: "trunk", name } as const;
    // RFC 3325 §9.1: only who is trusted may assert another identity than From.
    return { source, from: callerOf(invite.request, true), ...(username !== undefined && { ownName: username }) };
  }
  if (phones.length === 0) {
    invite.turnAway(403);
    return undefined;
  }
  const authenticated = authenticator.check(invite.request);
  if (!authenticated.ok) {
    invite.turnAway(authenticated.status, { headers: authenticated.headers });
    return undefined;
  }
  const { username } = authenticated;
  const number = phones.find((phone) => phone.username === username)?.number;
  return { source: { type: "phone", username }, from: number === undefined ? username : party(number) };
}

/** A phone may stand behind the same address as a trunk: then it is known by the way it registered on. */
function isFromPhone({ registrar }: CallerOptions, { request, source }: IncomingInvite): boolean {
  return registrar
    .contacts(callerOf(request, false))
    .some(({ source: { transport, host, port } }) => transport === source.transport && host === source.host && port === source.port);
}
