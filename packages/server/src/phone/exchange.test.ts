import { afterEach, describe, expect, it } from "vitest";
import { toneSource } from "../audio/index.ts";
import { aborted, PiopiyError, randomIds, systemClock, utf8 } from "../base/index.ts";
import {
  createInbound, createRoutes, createSipDialler, createTrunk,
  type Cause, type DialTarget, type IncomingCall, type Leg, type TrunkSettings,
} from "../call/index.ts";
import { createMediaEngine, type MediaEngine } from "../media/index.ts";
import { createDigestAuthenticator, createRegistrar, createUserAgent, header, type IncomingInvite, type SipAddress, type UserAgent } from "../sip/index.ts";
import { createPhone, type PhoneCall, type PhoneOptions } from "./index.ts";

const clock = systemClock;
const ids = randomIds;
const host = "127.0.0.1";
const passwords = new Map([["alice", "a-secret"], ["bob", "b-secret"]]);
const phones = [{ username: "alice", number: "+91 100" }, { username: "bob" }];
const offer = { type: "application/sdp", bytes: utf8("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n") };

const releases: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) await release();
});

async function agent(): Promise<UserAgent & { readonly at: SipAddress }> {
  const userAgent = await createUserAgent({ clock, ids, listen: [{ transport: "udp", host, port: 0 }] });
  releases.push(() => userAgent.close());
  return { ...userAgent, at: userAgent.addresses[0] ?? expect.fail("listens nowhere") };
}

interface Setting {
  readonly accounts?: typeof phones;
  readonly trunks?: readonly TrunkSettings[];
  readonly full?: boolean;
  readonly engine?: (working: MediaEngine) => MediaEngine;
}

/** The call layer put together as the server does it, and a list of the calls that came in. */
async function exchange({ accounts = phones, trunks = [], full = false, engine: changed = (working) => working }: Setting = {}) {
  const userAgent = await agent();
  const working = await createMediaEngine({ host, ports: [0, 0], workers: 0 });
  releases.push(() => working.close());
  const engine = full ? { ...working, open: () => Promise.reject(new PiopiyError("out_of_ports")) } : changed(working);
  const lookup = (username: string) => (accounts.some((phone) => phone.username === username) ? passwords.get(username) : undefined);
  const authenticator = createDigestAuthenticator({ realm: "test", clock, ids, lookup });
  const registrar = createRegistrar({ authenticator, clock, minExpires: 1, maxExpires: 3600 });
  releases.push(() => registrar.close());
  const routes = createRoutes({ phones: accounts, contacts: (username) => registrar.contacts(username), trunks });
  const dialler = createSipDialler({ userAgent, engine, routes, clock, ids, host });
  const waiting: ((call: IncomingCall) => void)[] = [];
  const onCall = (call: IncomingCall) => (waiting.shift() ?? expect.fail("an unexpected call"))(call);
  const inbound = createInbound({ userAgent, registrar, authenticator, engine, trunks, phones: accounts, clock, ids, onCall });
  releases.push(() => inbound.close());
  const nextCall = () => new Promise<IncomingCall>((resolve) => void waiting.push(resolve));
  const dial = (target: DialTarget, near?: Leg, timeoutMs = 5000, signal = new AbortController().signal) =>
    dialler.dial({ target, from: "918000", timeoutMs, legId: ids.uuid(), ...(near && { near }) }, signal);
  return { at: userAgent.at, engine, registrar, nextCall, dial };
}

async function phone(server: SipAddress, username: "alice" | "bob", options: Partial<PhoneOptions> = {}) {
  const made = await createPhone({ username, password: passwords.get(username) ?? "", server, clock, ids, host, ...options });
  releases.push(() => made.close());
  return made;
}

async function registered(server: SipAddress, username: "alice" | "bob", options: Partial<PhoneOptions> = {}) {
  const made = await phone(server, username, options);
  await made.registered;
  return made;
}

const user = (name: string): DialTarget => ({ type: "user", user: name });
const number = (digits: string): DialTarget => ({ type: "number", number: digits });
const trunk = (port: number, more: Partial<TrunkSettings> = {}): TrunkSettings => ({
  name: "carrier", host, port, transport: "udp", register: false, isAllowed: (address) => address === host, ...more,
});
const causeOf = async (leg: Leg): Promise<Cause> => {
  await aborted(leg.signal);
  const cause: Cause = leg.signal.reason;
  return cause;
};

async function upCall(server: Awaited<ReturnType<typeof exchange>>): Promise<{ call: IncomingCall; theirs: PhoneCall }> {
  const alice = await phone(server.at, "alice", { register: false });
  const arriving = server.nextCall();
  const calling = alice.call("42");
  const call = await arriving;
  await call.leg.answer();
  return { call, theirs: await calling };
}

describe("a registration", () => {
  it("makes the phone reachable by number and by name until it is switched off", async () => {
    const { at, dial, registrar } = await exchange();
    const alice = await registered(at, "alice");
    for (const target of [number("91-100"), user("alice")]) {
      const answered = alice.nextCall();
      const outcome = await dial(target);
      expect(outcome.answered).toBe(true);
      await (await answered).hangup();
    }
    await alice.close();
    expect(registrar.contacts("alice")).toEqual([]);
    expect(await dial(user("alice"))).toEqual({ answered: false, cause: { reason: "unreachable", who: "peer", sipStatus: 480 } });
  });

  it("with the wrong password is refused", async () => {
    const { at } = await exchange();
    await expect((await phone(at, "alice", { password: "guess" })).registered).rejects.toThrow("401");
  });
});

describe("a call of a phone", () => {
  it("comes as of the phone, whatever it claims, and both hear each other", async () => {
    const server = await exchange();
    const { call, theirs } = await upCall(server);
    expect(call).toMatchObject({ from: "91100", to: "42", source: { type: "phone", username: "alice" } });
    expect(call.leg.info).toEqual({ direction: "inbound", from: "91100", to: "42" });
    const played = call.leg.play(toneSource({ frequencyHz: 600, durationMs: 400 }), call.leg.signal);
    await theirs.hears(600);
    expect(await played).toMatchObject({ complete: true });
    await theirs.hangup();
    expect(await causeOf(call.leg)).toEqual({ reason: "completed", who: "peer" });
    expect(server.engine.sessions).toBe(0);
  });

  it("is ended by us with the phone knowing", async () => {
    const server = await exchange();
    const { call, theirs } = await upCall(server);
    await call.leg.hangup({ reason: "duration", who: "us" });
    expect(await theirs.ended).toEqual({ reason: "completed", who: "peer" });
  });

  it.each([
    [{ reason: "unreachable", who: "us", sipStatus: 404 }, { reason: "unreachable", sipStatus: 404 }],
    [{ reason: "busy", who: "us" }, { reason: "busy", sipStatus: 486 }],
    [{ reason: "shutdown", who: "us" }, { reason: "failed", sipStatus: 503 }],
  ] satisfies [Cause, Partial<Cause>][])("that is rejected for %o is told so", async (cause, told) => {
    const server = await exchange();
    const alice = await phone(server.at, "alice", { register: false });
    const [call, refused] = [server.nextCall(), alice.call("42").catch((failure: unknown) => failure)];
    (await call).reject(cause);
    expect(await refused).toMatchObject({ cause: told });
    expect((await call).leg.signal.reason).toEqual(cause);
  });

  it("that the caller gives up while it rings ends as cancelled", async () => {
    const server = await exchange();
    const alice = await phone(server.at, "alice", { register: false });
    const caller = new AbortController();
    const [arriving, calling] = [server.nextCall(), alice.call("42", { signal: caller.signal }).catch(() => undefined)];
    const call = await arriving;
    const { leg } = call;
    call.ring();
    caller.abort();
    expect(await causeOf(leg)).toEqual({ reason: "cancelled", who: "peer", sipStatus: 487 });
    await calling;
    await expect(leg.answer()).rejects.toMatchObject({ reason: "cancelled" });
    expect(server.engine.sessions).toBe(0);
  });

  it("is refused when whoever takes calls fails", async () => {
    const { at } = await exchange();
    const alice = await phone(at, "alice", { register: false });
    await expect(alice.call("42")).rejects.toMatchObject({ cause: { reason: "failed", sipStatus: 500 } });
  });
});

describe("somebody who may not call", () => {
  it.each([
    ["an unknown caller", "401", {}, undefined],
    ["a phone with the wrong password", "401", {}, { username: "alice", password: "guess" }],
    ["a user who does not exist", "401", {}, { username: "mallory", password: "x" }],
    ["an unknown caller where there are no phones", "403", { accounts: [] }, undefined],
  ])("%s gets %s", async (_, status, setting, credentials) => {
    const { at } = await exchange(setting);
    const stranger = await agent();
    const invite = stranger.invite({ target: `sip:42@${host}`, from: "sip:alice@test", nextHop: at, body: offer, ...(credentials && { credentials }) });
    expect(await invite.outcome).toMatchObject({ kind: "refused", response: { status: Number(status) } });
  });
});

describe("a call of a trunk", () => {
  const call = async (server: SipAddress, target: string, from: string, more: object = {}) => {
    const carrier = await agent();
    return carrier.invite({ target, from, nextHop: server, body: offer, ...more });
  };

  it("comes in by its address, with the identity it asserts", async () => {
    const server = await exchange({ trunks: [trunk(9)] });
    const arriving = server.nextCall();
    const headers = [["P-Asserted-Identity", "<sip:+14155552671@carrier>"]] as const;
    const invite = await call(server.at, `sip:+91-8000@${host}`, "sip:anonymous@anonymous.invalid", { headers });
    const incoming = await arriving;
    expect(incoming).toMatchObject({ from: "14155552671", to: "918000", source: { type: "trunk", name: "carrier" } });
    await incoming.leg.hangup();
    expect(await invite.outcome).toMatchObject({ kind: "refused", response: { status: 603 } });
  });

  it("to our registered contact is for the number in To", async () => {
    const server = await exchange({ trunks: [trunk(9, { username: "acct" })] });
    const arriving = server.nextCall();
    await call(server.at, `sip:acct@${host}`, "sip:1@carrier", { to: "sip:+918000@carrier" });
    expect((await arriving).to).toBe("918000");
  });

  it("from a registered phone behind the same address is the phone's", async () => {
    const server = await exchange({ trunks: [trunk(9)] });
    const alice = await registered(server.at, "alice");
    const [arriving, calling] = [server.nextCall(), alice.call("42").catch(() => undefined)];
    const incoming = await arriving;
    expect(incoming.source).toEqual({ type: "phone", username: "alice" });
    incoming.reject({ reason: "busy", who: "us" });
    await calling;
  });

  it.each([
    ["garbage for an offer", { type: "application/sdp", bytes: utf8("v=0\r\nnonsense") }, 488],
    ["no codec of ours", { type: "application/sdp", bytes: utf8("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 18\r\n") }, 488],
    ["another type of body", { type: "application/xml", bytes: utf8("<x/>") }, 415],
  ])("with %s is refused", async (_, body, status) => {
    const server = await exchange({ trunks: [trunk(9)] });
    const invite = await call(server.at, `sip:42@${host}`, "sip:1@carrier", { body });
    const outcome = await invite.outcome;
    expect(outcome).toMatchObject({ kind: "refused", response: { status } });
    expect(server.engine.sessions).toBe(0);
  });

  it("without an offer gets one in the 200, and is ended when its ACK brings no answer", async () => {
    const server = await exchange({ trunks: [trunk(9)] });
    const arriving = server.nextCall();
    const carrier = await agent();
    const invite = carrier.invite({ target: `sip:42@${host}`, from: "sip:1@carrier", nextHop: server.at });
    const { leg } = await arriving;
    await leg.answer();
    const outcome = await invite.outcome;
    expect(outcome).toMatchObject({ kind: "accepted" });
    if (outcome.kind === "accepted") expect(Buffer.from(outcome.response.body).toString()).toContain("m=audio");
    expect(await causeOf(leg)).toEqual({ reason: "failed", who: "peer", sipStatus: 488 });
  });

  it("finds no port free and is told to try later", async () => {
    const server = await exchange({ trunks: [trunk(9)], full: true });
    const outcome = await (await call(server.at, `sip:42@${host}`, "sip:1@carrier")).outcome;
    expect(outcome).toMatchObject({ kind: "refused", response: { status: 503 } });
    if (outcome.kind === "refused") expect(header(outcome.response, "Retry-After")).toBe("10");
  });

  it("is told 500 where something of ours breaks before it is anybody's call, and leaves no session behind", async () => {
    const breaking = (working: MediaEngine): MediaEngine => ({
      ...working,
      async open(options) {
        const session = await working.open(options);
        return Object.create(session, { local: { get: () => expect.fail("a bad day") }, close: { value: () => session.close() } });
      },
      get sessions() {
        return working.sessions;
      },
    });
    const server = await exchange({ trunks: [trunk(9)], engine: breaking });
    const outcome = await (await call(server.at, `sip:42@${host}`, "sip:1@carrier")).outcome;
    expect(outcome).toMatchObject({ kind: "refused", response: { status: 500 } });
    expect(server.engine.sessions).toBe(0);
  });

  it("sends keys by INFO, too", async () => {
    const server = await exchange({ trunks: [trunk(9)] });
    const arriving = server.nextCall();
    const invite = await call(server.at, `sip:42@${host}`, "sip:1@carrier");
    const { leg } = await arriving;
    const pressed = new Promise((resolve) => leg.digits.on("digit", resolve));
    await leg.answer();
    const outcome = await invite.outcome;
    const dialog = outcome.kind === "accepted" ? outcome.dialog : expect.fail("not accepted");
    const info = await dialog.request("INFO", { body: { type: "application/dtmf-relay", bytes: utf8("Signal=9\r\nDuration=160") } });
    expect([info.status, await pressed]).toEqual([200, "9"]);
    await dialog.bye([["Reason", "Q.850;cause=38"]]);
    expect(await causeOf(leg)).toEqual({ reason: "failed", who: "peer" });
  });
});

describe("a question what is spoken here", () => {
  it.each([["OPTIONS", 200], ["MESSAGE", 405]])("%s: %i", async (method, status) => {
    const { at } = await exchange();
    const asked = await (await agent()).request(method, { target: `sip:${host}`, from: "sip:1@there", nextHop: at });
    expect(asked.status).toBe(status);
  });
});

describe("dialling", () => {
  it.each([
    [{ do: "busy" }, { reason: "busy", who: "peer", sipStatus: 486 }],
    [{ do: "reject" }, { reason: "rejected", who: "peer", sipStatus: 603 }],
    [{ do: "ring" }, { reason: "no_answer", who: "us" }],
  ] as const)("a phone that is told %o", async (answering, cause) => {
    const server = await exchange();
    await registered(server.at, "bob", { answering });
    expect(await server.dial(user("bob"), undefined, 200)).toEqual({ answered: false, cause });
    expect(server.engine.sessions).toBe(0);
  });

  it("without a free port is a failure of ours", async () => {
    const server = await exchange({ full: true, trunks: [trunk(9)] });
    expect(await server.dial(number("42"))).toEqual({ answered: false, cause: { reason: "out_of_ports", who: "us", sipStatus: 503 } });
  });

  it("tells when it rings, and stops ringing when it is given up", async () => {
    const server = await exchange();
    const bob = await registered(server.at, "bob", { answering: { do: "ring" } });
    const given = new AbortController();
    bob.events.on("ringing", () => given.abort());
    expect(await server.dial(user("bob"), undefined, 5000, given.signal)).toMatchObject({ cause: { reason: "cancelled", who: "us" } });
  });

  it("a user with two phones rings both; the first to answer wins and the other stops", async () => {
    const server = await exchange();
    const one = await registered(server.at, "bob", { answering: { do: "ring" } });
    const other = await registered(server.at, "bob", { answering: { do: "ring" } });
    const rung: string[] = [];
    const bothRing = Promise.all([one, other].map((phone, index) =>
      new Promise<void>((resolve) => phone.events.on("ringing", () => (rung.push(String(index)), resolve())))));
    other.answering = { do: "answer", afterMs: 100 };
    const answered = other.nextCall();
    const outcome = await server.dial(user("bob"));
    await bothRing;
    expect(outcome.answered).toBe(true);
    expect(rung.toSorted()).toEqual(["0", "1"]);
    await (await answered).hangup();
  });

  it("somebody who answers with no media of ours is hung up, with the reason", async () => {
    const server = await exchange();
    const callee = await agent();
    const ended = new Promise((resolve) => callee.events.on("invite", (invite: IncomingInvite) => {
      const dialog = invite.accept({ body: { type: "application/sdp", bytes: utf8("v=0\r\nnonsense") } });
      dialog.signal.addEventListener("abort", () => resolve(dialog.signal.reason));
    }));
    const outcome = await server.dial({ type: "uri", uri: `sip:x@${host}:${callee.at.port}` });
    expect(outcome).toEqual({ answered: false, cause: { reason: "failed", who: "peer", sipStatus: 488 } });
    expect(await ended).toEqual({ who: "remote", reasonHeader: 'SIP;cause=488;text="Not Acceptable Here"' });
    expect(server.engine.sessions).toBe(0);
  });

  it("a number goes out by the trunk, with its credentials", async () => {
    const carrier = await exchange();
    const settings = trunk(carrier.at.port, { username: "alice", password: "a-secret", isAllowed: () => false });
    const server = await exchange({ trunks: [settings] });
    const arriving = carrier.nextCall();
    const dialled = server.dial(number("+1 415 555 2671"));
    const call = await arriving;
    expect(call).toMatchObject({ to: "14155552671", source: { type: "phone", username: "alice" } });
    await call.leg.answer();
    const outcome = await dialled;
    expect(outcome.answered).toBe(true);
    if (outcome.answered) await outcome.leg.hangup();
    expect(await causeOf(call.leg)).toEqual({ reason: "completed", who: "peer" });
  });
});

describe("two legs that are joined", () => {
  it("hear each other and nobody else, and press keys on their own side", async () => {
    const server = await exchange();
    const bob = await registered(server.at, "bob");
    const { call, theirs: alice } = await upCall(server);
    const answered = bob.nextCall();
    const outcome = await server.dial(user("bob"), call.leg);
    const leg = outcome.answered ? outcome.leg : expect.fail("not answered");
    const callee = await answered;
    alice.sendTone(500);
    callee.sendTone(900);
    const part = call.leg.join(leg);
    await Promise.all([alice.hears(900), callee.hears(500)]);
    expect(alice.heard().tones([500, 900])).toEqual([900]);
    expect(callee.heard().tones([500, 900])).toEqual([500]);
    const keys: string[] = [];
    const third = new Promise<void>((resolve) => {
      leg.digits.on("digit", (digit) => void keys.push(`b${digit}`));
      call.leg.digits.on("digit", (digit) => (keys.push(`a${digit}`), resolve()));
    });
    await callee.press("7");
    await alice.press("3");
    await third;
    expect(keys).toEqual(["b7", "a3"]);
    part();
    await leg.hangup();
    expect(await callee.ended).toEqual({ reason: "completed", who: "peer" });
    expect(call.leg.signal.aborted).toBe(false);
  });
});

describe("a trunk that is registered with", () => {
  it("knows us while it is in use", async () => {
    const carrier = await exchange();
    const userAgent = await agent();
    const made = createTrunk({ settings: trunk(carrier.at.port, { register: true, username: "bob", password: "b-secret" }), userAgent, clock, ids });
    expect(made.state).toEqual({ name: "registering" });
    await new Promise((resolve) => made.events.on("state", resolve));
    expect(made.state).toMatchObject({ name: "registered" });
    expect(carrier.registrar.contacts("bob")).toHaveLength(1);
    await made.close();
    expect(carrier.registrar.contacts("bob")).toEqual([]);
    expect(made.state).toEqual({ name: "closed" });
  });

  it("says when it refuses us", async () => {
    const carrier = await exchange();
    const made = createTrunk({ settings: trunk(carrier.at.port, { register: true, username: "bob", password: "wrong" }), userAgent: await agent(), clock, ids });
    await new Promise((resolve) => made.events.on("state", resolve));
    expect(made.state).toMatchObject({ name: "failed", sipStatus: 401 });
    await made.close();
  });

  it("cannot be used without credentials, and needs none when it does not register us", async () => {
    const userAgent = await agent();
    expect(() => createTrunk({ settings: trunk(9, { register: true }), userAgent, clock, ids })).toThrow("username");
    expect(createTrunk({ settings: trunk(9), userAgent, clock, ids }).state).toEqual({ name: "static" });
  });
});
