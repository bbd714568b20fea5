import { channels, Emitter, scope, type Listenable } from "../base/index.ts";
import { calledOf, callerOf, createSipDialler, offeredCall, type DialTarget, type Leg, type Route } from "../call/index.ts";
import { createIdentity } from "../dtls/index.ts";
import { createMediaEngine } from "../media/index.ts";
import { createUserAgent, escapeUser, hostPort, type IncomingInvite, type SipAddress } from "../sip/index.ts";
import { answerAs, type Answering } from "./answering.ts";
import { CallNotAnswered } from "./call-not-answered.ts";
import { phoneCall, type PhoneCall } from "./phone-call.ts";
import type { PhoneOptions } from "./phone-options.ts";
import { signOn } from "./sign-on.ts";

export interface PhoneEvents {
  /** Somebody calls; told before the call is answered or refused. */
  ringing: { readonly from: string; readonly to: string };
  /** A call that came in has been answered. */
  call: PhoneCall;
}

export interface PhoneCallOptions {
  /** How long it may ring; unless told, 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A SIP phone without a person: registers, takes calls as it is told to, and makes some. */
export interface Phone {
  readonly username: string;
  /** Where it listens. */
  readonly address: SipAddress;
  readonly events: Listenable<PhoneEvents>;
  /** Resolves once the server has taken the registration; rejects when it refuses it. */
  readonly registered: Promise<void>;
  /** What it does from now on when it is called. */
  answering: Answering;
  /** Calls a number or a user name. Rejects with `CallNotAnswered`, whose `cause` says why. */
  call(number: string, options?: PhoneCallOptions): Promise<PhoneCall>;
  /** The next call that comes in and is answered. */
  nextCall(): Promise<PhoneCall>;
  /** Hangs up, signs off, and closes its sockets. Idempotent. */
  close(): Promise<void>;
}

const KEEP_MS = 600_000;
const RING_MS = 30_000;

/** Switches a phone on; it listens when this resolves, and registers meanwhile. */
export async function createPhone(options: PhoneOptions): Promise<Phone> {
  const { username, clock, ids, host, server, codecs, encryption, keying = "sdes", keepMs = KEEP_MS, openTransport } = options;
  const spoken = { ...(codecs && { codecs }), ...(encryption && { encryption: { policyOf: () => encryption, keysInClear: true, keyingOf: () => keying, identity: createIdentity(ids) } }) };
  const engine = options.engine ?? (await createMediaEngine({ host, ports: [0, 0], workers: 0 }));
  const userAgent = await createUserAgent({ clock, ids, listen: [{ transport: server.transport, host, port: 0 }], ...(openTransport && { openTransport }) });
  const registration = options.register === false ? undefined : signOn(userAgent, options);
  const routes = (target: DialTarget) => throughServer(options, target);
  const dialler = createSipDialler({ userAgent, engine, routes, clock, ids, host, ...spoken });
  const uriOf = (number: string) => `sip:${escapeUser(number)}@${hostPort(server.host, server.port)}`;
  const parts = { keepMs, uriOf, aor: uriOf(username) };
  const events = new Emitter<PhoneEvents>();
  /** How to end what is under way: calls that ring, are dialled, or are up. */
  const ends = new Set<() => Promise<void>>();
  let closed: Promise<void> | undefined;

  const keep = (leg: Leg): Leg => {
    const end = () => leg.hangup();
    ends.add(end);
    leg.signal.addEventListener("abort", () => ends.delete(end), { once: true });
    return leg;
  };
  const ring = async (invite: IncomingInvite) => {
    const parties = { from: callerOf(invite.request, true), to: calledOf(invite.request) };
    const call = await offeredCall({ engine, clock, ids, ...spoken }, invite, parties);
    if (!call) return;
    keep(call.leg);
    events.emit("ringing", parties);
    if (await answerAs(phone.answering, call, clock)) events.emit("call", phoneCall({ leg: call.leg, ...parts }));
  };
  const dial = async (number: string, { timeoutMs = RING_MS, signal }: PhoneCallOptions = {}) => {
    using dialling = scope(signal);
    const end = async () => dialling.close();
    ends.add(end);
    const request = { target: { type: "number", number }, from: username, timeoutMs, legId: ids.uuid() } as const;
    const outcome = await dialler.dial(request, dialling.signal);
    ends.delete(end);
    if (!outcome.answered) throw new CallNotAnswered(outcome.cause);
    return phoneCall({ leg: keep(outcome.leg), ...parts });
  };
  const close = async () => {
    await Promise.all([...ends].map((end) => end()));
    await registration?.close();
    await userAgent.close();
    if (!options.engine) await engine.close();
  };

  userAgent.events.on("invite", (invite) => inBackground(ring(invite)));
  const phone: Phone = {
    username,
    address: userAgent.addresses[0] ?? { ...server, host, port: 0 },
    events,
    registered: registration?.registered ?? Promise.resolve(),
    answering: options.answering ?? { do: "answer" },
    call: dial,
    nextCall: () => nextCall(events),
    close: () => (closed ??= close()),
  };
  return phone;
}

function nextCall(events: Listenable<PhoneEvents>): Promise<PhoneCall> {
  return new Promise((resolve) => {
    const stop = events.on("call", (call) => {
      stop();
      resolve(call);
    });
  });
}

/** Every call goes through the server, whatever was dialled. */
const throughServer = ({ server, username, password }: PhoneOptions, target: DialTarget): Route => ({
  found: true,
  destinations: [
    {
      uri: `sip:${escapeUser(target.type === "number" ? target.number : "")}@${hostPort(server.host, server.port)}`,
      fromHost: server.host,
      nextHop: server,
      credentials: { username, password },
    },
  ],
});

function inBackground(work: Promise<void>): void {
  work.then(undefined, (failure: unknown) => channels.failure.publish({ layer: "phone", failure }));
}
