import { afterEach, describe, expect, it } from "vitest";
import { createBuckets, channels, seededIds, VirtualClock, type Clock } from "../../base/index.ts";
import {
  createDigestAuthenticator, createFakeNetwork, createRegistrar, createUserAgent, type FakeNetwork, type SipAddress, type UserAgent, type UserAgentOptions,
} from "../index.ts";
import { createOverload } from "./overload.ts";
import { isScanner } from "./scanners.ts";

const agents: UserAgent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close();
});

const at = (host: string, port = 5060): SipAddress => ({ transport: "udp", host, port });
const us = at("192.0.2.1");

async function world(protection: Partial<NonNullable<UserAgentOptions["protection"]>> = {}) {
  const clock = new VirtualClock();
  const network = createFakeNetwork(clock);
  const small = { strangers: { burst: 5, perSecond: 1 }, failures: { burst: 3, perSecond: 0.1 }, nonsense: { burst: 4, perSecond: 1 } };
  const server = await createUserAgent({
    clock, ids: seededIds(1), listen: [us], openTransport: network.open,
    protection: { isTrusted: (host) => host === "192.0.2.200", limits: small, ...protection },
  });
  agents.push(server);
  const authenticator = createDigestAuthenticator({ realm: "test", clock, ids: seededIds(3), lookup: (name) => (name === "phone" ? "secret" : undefined) });
  const registrar = createRegistrar({ authenticator, clock, minExpires: 60, maxExpires: 3600 });
  server.events.on("request", (incoming) => (incoming.request.method === "REGISTER" ? registrar.handle(incoming) : incoming.respond(200)));
  server.events.on("invite", (incoming) => incoming.respond(486));
  return { clock, network, server };
}

let branch = 0;
function request(method: string, { userAgent = "phone", to = "<sip:x@192.0.2.1>", more = "" } = {}): Uint8Array {
  branch++;
  return Buffer.from(`${method} sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKg${branch};rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: ${to}\r\n` +
    `Call-ID: g${branch}\r\nCSeq: 1 ${method}\r\nUser-Agent: ${userAgent}\r\n${more}Content-Length: 0\r\n\r\n`);
}

/** What is answered to each, by status; 0 for silence. */
async function ask({ clock, network }: { clock: VirtualClock; network: FakeNetwork }, messages: readonly Uint8Array[], from = at("198.51.100.7")) {
  const before = network.sent.length;
  for (const bytes of messages) network.inject(bytes, from, us);
  await clock.advance(10);
  return network.sent.slice(before).filter(({ to, text }) => to.host === from.host && !text.startsWith("SIP/2.0 100")).map(({ text }) => Number(text.slice(8, 11)));
}
const times = (count: number, make: () => Uint8Array) => Array.from({ length: count }, make);

async function phoneAt(network: FakeNetwork, clock: Clock, address: SipAddress) {
  const agent = await createUserAgent({ clock, ids: seededIds(address.port), listen: [address], openTransport: network.open });
  agents.push(agent);
  return (password: string, username = "phone") => agent.request("REGISTER", {
    target: "sip:192.0.2.1", from: `sip:${username}@192.0.2.1`, to: `sip:${username}@192.0.2.1`, credentials: { username, password },
  });
}

describe("strangers", () => {
  it("are answered so often, then not at all, and again after a while", async () => {
    const made = await world();
    expect(await ask(made, times(9, () => request("OPTIONS")))).toEqual([200, 200, 200, 200, 200]);
    expect(await ask(made, times(2, () => request("INVITE")))).toEqual([]);
    expect(await ask(made, times(2, () => request("OPTIONS")), at("198.51.100.8"))).toEqual([200, 200]);
    await made.clock.advance(3000);
    expect(await ask(made, times(9, () => request("OPTIONS")))).toEqual([200, 200, 200]);
  });

  it("of one IPv6 network are one", async () => {
    const made = await world();
    const statuses = [];
    for (let index = 0; index < 8; index++) statuses.push(...(await ask(made, [request("OPTIONS")], at(`2001:db8:1:2::${index}`))));
    expect(statuses).toHaveLength(5);
    expect(await ask(made, [request("OPTIONS")], at("2001:db8:1:3::1"))).toEqual([200]);
  });

  it("are no trunks, however many calls come from those", async () => {
    const made = await world();
    expect(await ask(made, times(200, () => request("INVITE")), at("192.0.2.200"))).toHaveLength(200);
  });

  it("are not heard when they scan", async () => {
    const made = await world();
    const told: unknown[] = [];
    const listener = (message: unknown) => void told.push(message);
    channels.sipRefused.subscribe(listener);
    expect(await ask(made, [request("OPTIONS", { userAgent: "friendly-scanner" }), request("OPTIONS")])).toEqual([200]);
    channels.sipRefused.unsubscribe(listener);
    expect(told).toEqual([{ remote: "198.51.100.7:5060", why: "scanner" }]);
  });

  it("are not heard any more when they babble; one who is known is", async () => {
    const made = await world();
    const garbage = Buffer.from("INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nbroken\r\n\r\n");
    const register = await phoneAt(made.network, made.clock, at("198.51.100.7", 6000));
    expect((await made.clock.runUntil(register("secret"))).status).toBe(200);
    expect(await ask(made, times(9, () => garbage))).toEqual([400, 400, 400, 400]);
    expect(await ask(made, [request("OPTIONS")])).toEqual([]);
    expect((await made.clock.runUntil(register("secret"))).status).toBe(200);
  });
});

describe("an INVITE of nobody knows whom", () => {
  it.each([
    ["that is turned away", "", 401],
    ["that is turned away, and wants to acknowledge all that is said", "Require: 100rel\r\n", 401],
    ["that asks for what nobody can", "Require: nothing-known\r\n", 420],
    ["in a dialog that is not there", "", 481],
  ])("%s %j: %i is said once, for each time it comes (RFC 3261 §26.3.2.4)", async (_, more, status) => {
    const clock = new VirtualClock();
    const network = createFakeNetwork(clock);
    const server = await createUserAgent({ clock, ids: seededIds(1), listen: [us], openTransport: network.open });
    agents.push(server);
    server.events.on("invite", (incoming) => incoming.turnAway(401));
    const invite = request("INVITE", { more, ...(status === 481 && { to: "<sip:x@192.0.2.1>;tag=gone" }) });
    expect(await ask({ clock, network }, [invite])).toEqual([status]);
    await clock.advance(40_000);
    expect(network.sent.filter(({ text }) => text.startsWith(`SIP/2.0 ${status}`))).toHaveLength(1);
    expect(clock.timers).toBe(0);
    expect(await ask({ clock, network }, [invite])).toEqual([status]);
    // Its ACK is nobody's, and nothing comes of it.
    expect(await ask({ clock, network }, [request("ACK")])).toEqual([]);
  });
});

describe("credentials", () => {
  it("may be wrong a few times; then nobody new is heard from that address, but who is known", async () => {
    const made = await world({ limits: { failures: { burst: 3, perSecond: 0.001 } } });
    const known = await phoneAt(made.network, made.clock, at("198.51.100.7", 6000));
    const guesser = await phoneAt(made.network, made.clock, at("198.51.100.7", 7000));
    expect((await made.clock.runUntil(known("secret"))).status).toBe(200);
    const statuses = [];
    for (let index = 0; index < 5; index++) statuses.push((await made.clock.runUntil(guesser(`guess ${index}`))).status);
    expect(statuses).toEqual([401, 401, 401, 408, 408]);
    expect((await made.clock.runUntil(known("secret"))).status).toBe(200);
  });

  it("that are right cost nothing, though each request is challenged first", async () => {
    const made = await world();
    const register = await phoneAt(made.network, made.clock, at("198.51.100.7", 6000));
    for (let index = 0; index < 20; index++) expect((await made.clock.runUntil(register("secret"))).status).toBe(200);
  });

  it("that were right do not protect who guesses from then on", async () => {
    const made = await world({ limits: { failures: { burst: 3, perSecond: 0.001 } } });
    const register = await phoneAt(made.network, made.clock, at("198.51.100.7", 6000));
    expect((await made.clock.runUntil(register("secret"))).status).toBe(200);
    const statuses = [];
    for (let index = 0; index < 8; index++) statuses.push((await made.clock.runUntil(register("guess", `user${index}`))).status);
    expect(statuses.slice(0, 2)).toEqual([401, 401]);
    expect(statuses.slice(-2)).toEqual([408, 408]);
  });
});

describe("credentials that nobody looked at", () => {
  const bogus = "Authorization: Digest username=\"x\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"0\"\r\n";

  it("make nobody known: a request that needs none is limited with them as without", async () => {
    const made = await world();
    expect(await ask(made, times(9, () => request("OPTIONS", { more: bogus })))).toEqual([200, 200, 200, 200, 200]);
  });

  it("win no further guesses, on whatever flows they came", async () => {
    const made = await world({ limits: { strangers: { burst: 1000, perSecond: 50 }, failures: { burst: 3, perSecond: 0.001 } } });
    const flows = Array.from({ length: 12 }, (_, index) => at("198.51.100.7", 7000 + index));
    // Refused for what they are (420), before anybody asks who sent them; and answered without asking.
    for (const flow of flows) {
      expect(await ask(made, [request("INVITE", { more: `${bogus}Require: nothing-known\r\n` }), request("OPTIONS", { more: bogus })], flow)).toEqual([420, 200]);
    }
    const guesses = [];
    for (const flow of flows) guesses.push(...(await ask(made, [request("REGISTER", { to: "<sip:phone@192.0.2.1>", more: bogus })], flow)));
    expect(guesses).toEqual([401, 401, 401]);
  });
});

describe("an overloaded server", () => {
  it("refuses what is new with 503 and when to come back, and goes on with what goes on", async () => {
    const made = await world({ overload: { transactions: 2 } });
    made.server.events.on("invite", () => undefined);
    const first = await ask(made, [request("OPTIONS"), request("OPTIONS")], at("192.0.2.200"));
    expect(first).toEqual([200, 200]);
    const invite = request("INVITE");
    expect(await ask(made, [invite, invite], at("192.0.2.200"))).toEqual([503, 503]);
    const refusals = made.network.sent.filter(({ text }) => text.startsWith("SIP/2.0 503")).map(({ text }) => text);
    expect(refusals[0]).toMatch(/\r\nRetry-After: ([5-9]|1[0-5])\r\n/);
    const tags = refusals.map((text) => /To: .*;tag=(\w+)/.exec(text)?.[1]);
    expect(tags[0]).toBe(tags[1]);
    // 32 s later the transactions are over.
    await made.clock.advance(33_000);
    expect(await ask(made, [request("OPTIONS")], at("192.0.2.200"))).toEqual([200]);
  });

  it("is one whose event loop is late twice in a row, until it is not", async () => {
    const clock = new VirtualClock();
    let skew = 0;
    const late: Clock = { now: () => clock.now(), monotonicMs: () => clock.monotonicMs() + skew, setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire) };
    const told: unknown[] = [];
    const listener = (message: unknown) => void told.push(message);
    channels.sipOverload.subscribe(listener);
    const overload = createOverload(late, { lagMs: 1000 });
    const seen: boolean[] = [];
    for (const lag of [0, 1500, 0, 1500, 1500, 700, 100]) {
      skew += lag;
      await clock.advance(250);
      seen.push(overload.isOver(0));
    }
    overload.close();
    channels.sipOverload.unsubscribe(listener);
    expect(seen).toEqual([false, false, false, false, true, true, false]);
    expect(told).toMatchObject([{ overloaded: true }, { overloaded: false }]);
  });
});

describe("token buckets", () => {
  it("are bounded: the one not used for longest is forgotten", () => {
    const clock = new VirtualClock();
    const buckets = createBuckets(clock, { burst: 2, perSecond: 1 }, 3);
    for (const key of ["a", "a", "b", "c", "a", "d"]) buckets.take(key);
    expect(buckets.size).toBe(3);
    expect([buckets.waitMs("a") === 0, buckets.take("a")]).toEqual([true, true]);
  });

  it("fill up to the brim and no further", async () => {
    const clock = new VirtualClock();
    const buckets = createBuckets(clock, { burst: 2, perSecond: 1 });
    expect([buckets.take("a"), buckets.take("a"), buckets.take("a")]).toEqual([true, true, false]);
    await clock.advance(60_000);
    expect([buckets.take("a"), buckets.take("a"), buckets.take("a")]).toEqual([true, true, false]);
    buckets.give("a", 50);
    expect([buckets.take("a"), buckets.take("a"), buckets.take("a")]).toEqual([true, true, false]);
  });
});

describe("what scanners call themselves", () => {
  it.each([["friendly-scanner", true], ["sipvicious 0.3", true], ["sipcli/v1.8", true], ["VaxSIPUserAgent/3.0", true], ["pplsip", true],
    ["Linphone/5", false], ["baresip v1", false], ["Asterisk PBX", false], ["MySipScanner-friendly phone", false], [undefined, false]] as const)(
    "%s", (name, expected) => expect(isScanner(name)).toBe(expected));
});
