import { Emitter, PiopiyError, type Clock, type Ids, type Listenable } from "../base/index.ts";
import { createRegistration, hostPort, type Credentials, type Registration, type UserAgent } from "../sip/index.ts";
import type { TrunkSource } from "./caller.ts";
import { patiently } from "./patience.ts";
import type { TrunkRoute } from "./routes.ts";

export interface TrunkSettings extends TrunkRoute, TrunkSource {
  /** Whether the trunk wants us to register with our credentials. */
  readonly register: boolean;
}

export interface TrunkOptions {
  readonly settings: TrunkSettings;
  readonly userAgent: UserAgent;
  readonly clock: Clock;
  readonly ids: Ids;
  /** How long a registration is asked for; an hour unless told. */
  readonly expiresSeconds?: number;
}

/** `static`: it needs no registration. After `failed` it is tried again by itself. */
export type TrunkState =
  | { readonly name: "static" | "registering" | "closed" }
  | { readonly name: "registered"; readonly expiresSeconds: number }
  | { readonly name: "failed"; readonly sipStatus: number; readonly retryMs: number };

/** A carrier's gateway that calls are sent to and come from. */
export interface Trunk {
  readonly settings: TrunkSettings;
  readonly state: TrunkState;
  readonly events: Listenable<{ state: TrunkState }>;
  /** Takes the registration back. */
  close(): Promise<void>;
}

/** Brings a trunk into use: registers with it if it wants that. Fails with `bad_configuration` without credentials for it. */
export function createTrunk(options: TrunkOptions): Trunk {
  const events = new Emitter<{ state: TrunkState }>();
  const registration = options.settings.register ? registerWith(options) : undefined;
  let state: TrunkState = { name: registration ? "registering" : "static" };
  const become = (next: TrunkState) => {
    state = next;
    events.emit("state", next);
  };
  registration?.events.on("registered", ({ expiresSeconds }) => become({ name: "registered", expiresSeconds }));
  registration?.events.on("failed", ({ response, retryMs }) => become({ name: "failed", sipStatus: response.status, retryMs }));
  return {
    settings: options.settings,
    get state() {
      return state;
    },
    events,
    async close() {
      if (registration) await patiently(options.clock, registration.close());
      become({ name: "closed" });
    },
  };
}

function registerWith({ settings, userAgent, clock, ids, expiresSeconds = 3600 }: TrunkOptions): Registration {
  const { host, port, transport } = settings;
  const credentials = credentialsOf(settings);
  return createRegistration(userAgent, {
    registrarUri: `sip:${hostPort(host, port)}${transport === "udp" ? "" : `;transport=${transport}`}`,
    aor: `sip:${credentials.username}@${hostPort(host)}`,
    credentials,
    expiresSeconds,
    clock,
    ids,
    nextHop: { transport, host, ...(port !== undefined && { port }) },
  });
}

function credentialsOf({ username, password }: TrunkSettings): Credentials {
  if (username !== undefined && password !== undefined) return { username, password };
  throw new PiopiyError("bad_configuration", "A trunk that is registered with needs a username and a password.");
}
