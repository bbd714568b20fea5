import { patiently } from "../call/index.ts";
import { createRegistration, escapeUser, hostPort, type Registration, type UserAgent } from "../sip/index.ts";
import type { PhoneOptions } from "./phone-options.ts";

const EXPIRES_SECONDS = 3600;

export interface SignedOn {
  readonly registered: Promise<void>;
  close(): Promise<void>;
}

/** Registers the phone with its server, and keeps it registered until it is closed. */
export function signOn(userAgent: UserAgent, { server, username, password, clock, ids }: PhoneOptions): SignedOn {
  const domain = hostPort(server.host, server.port);
  const registration = createRegistration(userAgent, {
    registrarUri: `sip:${domain}`,
    aor: `sip:${escapeUser(username)}@${domain}`,
    credentials: { username, password },
    expiresSeconds: EXPIRES_SECONDS,
    clock,
    ids,
    nextHop: server,
  });
  const registered = firstAnswer(registration);
  // Whoever does not wait for it need not handle its failure.
  registered.catch(() => undefined);
  return { registered, close: () => patiently(clock, registration.close()) };
}

function firstAnswer({ events }: Registration): Promise<void> {
  return new Promise((resolve, reject) => {
    events.on("registered", () => resolve());
    events.on("failed", ({ response }) => reject(new Error(`the server has refused the registration with ${response.status}`)));
  });
}
