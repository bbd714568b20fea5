import { channels, Emitter, type Clock, type Ids, type Listenable } from "../base/index.ts";
import { calledOf, callerOf, createSipDialler, offeredCall, type DialTarget, type Leg, type Route } from "../call/index.ts";
import { createMediaEngine, type MediaEngine } from "../media/index.ts";
import { createUserAgent, escapeUser, hostPort, type IncomingInvite, type SipAddress } from "../sip/index.ts";
import { answerAs, type Answering } from "./answering.ts";
import { CallNotAnswered } from "./call-not-answered.ts";
import { phoneCall, type PhoneCall } from "./phone-call.ts";
import { signOn } from "./sign-on.ts";

export interface PhoneOptions {
  readonly username: string;
  readonly password: string;
  /** Where it registers and sends its calls to. */
  readonly server: SipAddress;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The address of its own sockets. */
  readonly host: string;
  /** Shared by several phones, and then closed by its owner. Without it the phone has its own, in this thread. */
  readonly engine?: MediaEngine;
  /** False: it only calls. */
  readonly register?: boolean;
  /** What it does when called; unless told, it answers at once. */
  readonly answering?: Answering;
  /** How much of what is heard in a call is kept; unless told, ten minutes. */
  readonly keepMs?: number;
}

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
  const { username, clock, ids, host, server, keepMs = KEEP_MS } = options;
  const engine = options.engine ?? (await createMediaEngine({ host, ports: [0, 0], workers: 0 }));
  const userAgent = await createUserAgent({ clock, ids, listen: [{ transport: server.transport, host, port: 0 }] });
  const registration = options.register === false ? undefined : signOn(userAgent, options);
  const routes = (target: DialTarget) => throughServer(options, target);
  const legs = new Set<Leg>();
  const events = new Emitter<PhoneEvents>();
  let closed: Promise<void> | undefined;


  const keep = (leg: Leg): Leg => {
    legs.add(leg);
    leg.signal.addEventListener("abort", () => legs.delete(leg), { once: true });
    return leg;
  };
  const ring = async (invite: IncomingInvite) => {
    const parties = { from: callerOf(invite.request, true), to: calledOf(invite.request) };
    const call = await offeredCall({ engine, clock, ids }, invite, parties);
    if (!call) return;
    keep(call.leg);
    events.emit("ringing", parties);
    if (await answerAs(phone.answering, call, clock)) events.emit("call", phoneCall(call.leg, keepMs));
  };
  const dialler = createSipDialler({ userAgent, engine, routes, clock, ids, host });
  const close = async () => {
    await Promise.all([...legs].map((leg) => leg.hangup()));
    await registration?.close();
    await userAgent.close();
    if (!options.engine) await engine.close();
  };

  const phone: Phone = {
    username,
    address: userAgent.addresses[0] ?? { ...server, host, port: 0 },
    events,
    registered: registration?.registered ?? Promise.resolve(),
    answering: options.answering ?? { do: "answer" },
    async call(number, { timeoutMs = RING_MS, signal = new AbortController().signal } = {}) {
      const target = { type: "number", number } as const;
      const outcome = await dialler.dial({ target, from: username, timeoutMs, legId: ids.uuid() }, signal);
      if (!outcome.answered) throw new CallNotAnswered(outcome.cause);
      return phoneCall(keep(outcome.leg), keepMs);
    },
    nextCall: () =>
      new Promise((resolve) => {
        const stop = events.on("call", (call) => {
          stop();
          resolve(call);
        });
      }),
    close: () => (closed ??= close()),
  };
  userAgent.events.on("invite", (invite) => inBackground(ring(invite)));
  return phone;
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
