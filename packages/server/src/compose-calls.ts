import { plainAddress, type Clock, type Ids } from "./base/index.ts";
import {
  createInbound, createRoutes, createSipDialler, createTrunk, type Dialler, type IncomingCall,
} from "./call/index.ts";
import { encryptionOf } from "./compose-encryption.ts";
import { protectionOf, type WorkLimits } from "./compose-protection.ts";
import { renewableTls } from "./compose-tls.ts";
import { inCidr, type Config, type TrunkConfig } from "./config/index.ts";
import type { MediaEngine } from "./media/index.ts";
import { createDigestAuthenticator, createRegistrar, createUserAgent, type SipAddress } from "./sip/index.ts";
import { VERSION } from "./version.ts";

/** Signalling: calls out and in, registrations of phones and at trunks. */
export interface Calls {
  readonly addresses: readonly SipAddress[];
  readonly dialler: Dialler;
  /** Hands every call that comes in to `take`; before, calls are refused. */
  onCall(take: (call: IncomingCall) => void): void;
  /** From now on nothing new is taken. */
  drain(): void;
  /** Looks at once whether the certificate of SIP over TLS has been replaced. */
  renewCertificates(): Promise<void>;
  readonly close: () => Promise<void>;
}

/** Seconds. */
const EXPIRES = { minExpires: 60, maxExpires: 3600 } as const;

export async function startCalls(parts: {
  readonly config: Config;
  readonly engine: MediaEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  /** In place of the built-in music. */
  readonly holdMusic?: Int16Array;
  readonly work?: WorkLimits;
}): Promise<Calls> {
  const { config, engine, clock, ids, holdMusic, work } = parts;
  const { sip, phones, trunks } = config;
  const advertised = sip.advertise === undefined ? {} : { advertisedHost: sip.advertise };
  const renewable = await renewableTls(config, clock);
  const tls = { ...renewable.value, renewals: renewable.renewals };
  const userAgent = await createUserAgent({
    clock, ids, listen: listened(config), product: `Piopiy/${VERSION}`, tls, webSocket: { path: sip.ws?.path, origins: sip.ws?.origins }, ...protectionOf(config, work), ...advertised,
  });
  const passwords = new Map(phones.map(({ username, password }) => [username, password]));
  const authenticator = createDigestAuthenticator({
    realm: "piopiy", clock, ids, lookup: (username) => passwords.get(username), ...(sip.digest && { algorithms: sip.digest }),
  });
  const registrar = createRegistrar({ authenticator, clock, ...EXPIRES });
  userAgent.events.on("gone", (remote) => registrar.connectionGone(remote));
  const routes = createRoutes({ phones, trunks, contacts: (username) => registrar.contacts(username) });
  const media = { encryption: encryptionOf(config, ids), signalHold: sip.hold === "reinvite", ...(sip.refer && { refer: sip.refer }), ...(holdMusic && { holdMusic }), ...(config.media.timeout !== undefined && { mediaTimeoutMs: config.media.timeout * 1000 }), ...(config.media.advertise !== undefined && { mediaHost: config.media.advertise }), ...(config.media.codecs && { codecs: config.media.codecs }) };
  const dialler = createSipDialler({ userAgent, engine, routes, clock, ids, host: sip.advertise ?? sip.host, ...media });
  const gateways = trunks.map((trunk) => {
    const isAllowed = (address: string) => allowed(trunk, address);
    return createTrunk({ settings: { ...trunk, isAllowed }, userAgent, clock, ids });
  });
  let draining = false;
  let take = (call: IncomingCall) => call.reject({ reason: "shutdown", who: "us" });
  const inbound = createInbound({
    userAgent, registrar, authenticator, engine, phones, clock, ids,
    ...media,
    trunks: gateways.map(({ settings }) => settings),
    isDraining: () => draining,
    onCall: (call) => take(call),
  });
  return {
    addresses: userAgent.addresses,
    dialler,
    onCall: (next) => {
      take = next;
    },
    drain: () => void (draining = true),
    renewCertificates: () => renewable.look(),
    async close() {
      renewable.close();
      inbound.close();
      await Promise.all(gateways.map((gateway) => gateway.close()));
      registrar.close();
      await userAgent.close();
    },
  };
}

function listened({ sip: { host, udp, tcp, tls, ws }, trunks }: Config): readonly SipAddress[] {
  const dialled = trunks.some(({ transport }) => transport === "tls");
  const ports = {
    udp, tcp,
    // Without a certificate of ours nobody connects to us, but we can connect to them.
    tls: tls?.port ?? (dialled ? 0 : false),
    [ws?.secure ? "wss" : "ws"]: ws?.port ?? false,
  } as const;
  return (["udp", "tcp", "tls", "ws", "wss"] as const).flatMap((transport) => {
    const port = ports[transport] ?? false;
    return port === false ? [] : [{ transport, host, port }];
  });
}

function allowed({ host, allow }: TrunkConfig, address: string): boolean {
  return address === plainAddress(host) || allow.some((block) => inCidr(address, block));
}
