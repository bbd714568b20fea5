import { afterEach, describe, expect, it } from "vitest";
import { seededIds, VirtualClock } from "../../base/index.ts";
import { createDigestAuthenticator, createFakeNetwork, createUserAgent, type IncomingInvite, type SipAddress, type TransportName, type UserAgent } from "../index.ts";
import { dnsOf, type Zone } from "./zone.test.support.ts";

const zone: Zone = {
  "srv _sip._udp.carrier.example": [
    { name: "first.carrier.example", port: 5060, priority: 1, weight: 0 },
    { name: "second.carrier.example", port: 5060, priority: 2, weight: 0 },
  ],
  "srv _sip._tcp.carrier.example": [
    { name: "first.carrier.example", port: 5060, priority: 1, weight: 0 },
    { name: "second.carrier.example", port: 5060, priority: 2, weight: 0 },
  ],
  "a first.carrier.example": ["192.0.2.1"],
  "a second.carrier.example": ["192.0.2.2"],
};

const agents: UserAgent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close();
});

/** A server that takes its time: its first words come after we have given it up. */
async function slowWorld(does: "rings" | "answers") {
  const { clock, us, seen, nextHop, network } = await world("udp", "dead");
  const asked: string[] = [];
  const slow = await network.open({ transport: "udp", host: "192.0.2.1", port: 5060 }, (bytes, source, transport) => {
    const [line = "", ...headers] = new TextDecoder().decode(bytes).split("\r\n\r\n")[0]?.split("\r\n") ?? [];
    const [method = ""] = line.split(" ");
    asked.push(method);
    const isFirst = asked.filter((one) => one === "INVITE").length === 1;
    if (method === "ACK" || (method === "INVITE" && !isFirst)) return;
    const kept = headers.filter((header) => /^(?:Via|From|To|Call-ID|CSeq):/.test(header)).map((header) => header.replace(/^To:.*>$/, "$&;tag=slow"));
    const status = method !== "INVITE" || does === "answers" ? "200 OK" : "180 Ringing";
    const response = new TextEncoder().encode(["SIP/2.0 " + status, ...kept, "Contact: <sip:slow@192.0.2.1>", "Content-Length: 0", "", ""].join("\r\n"));
    clock.setTimer(method === "INVITE" ? 4500 : 0, () => void transport.send(response, source));
  }, clock);
  return { clock, us, seen, nextHop, asked, close: () => slow.close() };
}

/** Us, two servers of a carrier, and what the second one is asked. */
async function world(transport: TransportName, first: "answers" | "503" | "Retry-After" | "dead", second: "answers" | "nobody" = "answers") {
  const clock = new VirtualClock();
  const network = createFakeNetwork(clock);
  const dns = dnsOf(zone);
  const open = async (host: string) => {
    const listen: SipAddress[] = [{ transport, host, port: 5060 }];
    const agent = await createUserAgent({ clock, ids: seededIds(agents.length + 1), listen, openTransport: network.open, resolver: dns.resolver });
    agents.push(agent);
    return agent;
  };
  const us = await open("192.0.2.10");
  const seen: string[] = [];
  const serve = async (host: string, does: typeof first) => {
    const agent = await open(host);
    const answer = (incoming: Pick<IncomingInvite, "respond">, method: string) => {
      seen.push(`${method} ${host}`);
      if (does === "answers") incoming.respond(method === "INVITE" ? 486 : 200);
      else incoming.respond(503, does === "503" ? {} : { headers: [["Retry-After", "60"]] });
    };
    agent.events.on("request", (incoming) => answer(incoming, incoming.request.method));
    agent.events.on("invite", (incoming) => answer(incoming, "INVITE"));
  };
  if (first !== "dead") await serve("192.0.2.1", first);
  if (second === "answers") await serve("192.0.2.2", "answers");
  return { clock, us, seen, dns, network, nextHop: { transport, host: "carrier.example" } as const };
}

const call = { target: "sip:100@carrier.example", from: "sip:us@example.com" };

describe("a carrier of two servers (RFC 3263 §4.3)", () => {
  it.each([
    ["udp", "answers", 0, ["192.0.2.1"], ["192.0.2.1"]],
    ["udp", "503", 0, ["192.0.2.1", "192.0.2.2"], ["192.0.2.1", "192.0.2.2"]],
    // RFC 3261 §21.5.4: for so long nothing more is sent there.
    ["udp", "Retry-After", 0, ["192.0.2.1", "192.0.2.2"], ["192.0.2.2"]],
    ["udp", "dead", 4000, ["192.0.2.2"], ["192.0.2.2"]],
    ["tcp", "dead", 0, ["192.0.2.2"], ["192.0.2.2"]],
  ] as const)("over %s whose first %s", async (transport, first, waitMs, once, again) => {
    const { clock, us, seen, nextHop } = await world(transport, first);
    for (const [method, hosts] of [["INVITE", once], ["REGISTER", again]] as const) {
      seen.length = 0;
      const sent = method === "INVITE" ? us.invite({ ...call, nextHop }).outcome : us.request(method, { ...call, nextHop });
      await clock.advance(method === "INVITE" ? waitMs + 100 : 100);
      expect(await sent).toMatchObject(method === "INVITE" ? { kind: "refused", response: { status: 486 } } : { status: 200 });
      expect(seen).toEqual(hosts.map((host) => `${method} ${host}`));
    }
  });

  it.each([
    ["rings", "CANCEL"],
    ["answers", "BYE"],
  ] as const)("has one call to it: a server that was given up and then %s gets a %s", async (does, end) => {
    const { clock, us, seen, nextHop, asked, close } = await slowWorld(does);
    const outgoing = us.invite({ ...call, nextHop });
    await clock.advance(5000);
    expect(await outgoing.outcome).toMatchObject({ kind: "refused", response: { status: 486 } });
    expect(seen).toEqual(["INVITE 192.0.2.2"]);
    expect(asked.filter((method) => method === end)).toEqual([end]);
    await close();
  });

  it.each(["INVITE", "REGISTER"] as const)("is given credentials by each server that asks for them: an %s that the first one could not take in the end", async (method) => {
    const { clock, us, nextHop, network } = await world("udp", "dead", "nobody");
    const seen: string[] = [];
    for (const [host, status] of [["192.0.2.1", 503], ["192.0.2.2", 486]] as const) {
      const agent = await createUserAgent({ clock, ids: seededIds(status), listen: [{ transport: "udp", host, port: 5060 }], openTransport: network.open });
      agents.push(agent);
      const authenticator = createDigestAuthenticator({ realm: "carrier.example", clock, ids: seededIds(status), lookup: () => "secret" });
      const answer = (incoming: Pick<IncomingInvite, "request" | "respond">) => {
        const authenticated = authenticator.check(incoming.request);
        seen.push(`${host} ${authenticated.ok ? status : 401}`);
        incoming.respond(authenticated.ok ? status : 401, authenticated.ok ? {} : { headers: authenticated.headers });
      };
      agent.events.on("request", answer);
      agent.events.on("invite", answer);
    }
    const request = { ...call, nextHop, credentials: { username: "us", password: "secret" } };
    const sent = method === "INVITE" ? us.invite(request).outcome : us.request(method, request);
    await clock.advance(1000);
    expect(await sent).toMatchObject(method === "INVITE" ? { kind: "refused", response: { status: 486 } } : { status: 486 });
    expect(seen).toEqual(["192.0.2.1 401", "192.0.2.1 503", "192.0.2.2 401", "192.0.2.2 486"]);
  });

  it("is tried in its own order again after a while", async () => {
    const { clock, us, seen, nextHop } = await world("udp", "Retry-After");
    for (const expected of [2, 1, 2]) {
      seen.length = 0;
      const sent = us.request("OPTIONS", { ...call, nextHop });
      await clock.advance(40_000);
      await sent;
      expect(seen).toHaveLength(expected);
    }
  });

  it("is not tried any further for a call that was cancelled", async () => {
    const { clock, us, seen, nextHop } = await world("udp", "dead");
    const outgoing = us.invite({ ...call, nextHop });
    await clock.advance(1000);
    outgoing.cancel();
    await clock.advance(70_000);
    expect(await outgoing.outcome).toEqual({ kind: "failed", why: "cancelled" });
    expect(seen).toEqual([]);
  });

  it("fails when none of them is there, with what the last one said", async () => {
    const { us, clock } = await world("udp", "answers");
    const sent = us.request("OPTIONS", { ...call, nextHop: { transport: "udp", host: "nowhere.example" } });
    await clock.advance(10);
    expect((await sent).status).toBe(503);
  });

  it("is looked up once in half a minute, and what is not there sooner again", async () => {
    const { clock, us, dns, nextHop } = await world("udp", "answers");
    const ask = async (host: string) => {
      const before = dns.asked.length;
      const sent = us.request("OPTIONS", { ...call, nextHop: { ...nextHop, host } });
      await clock.advance(20);
      await sent;
      return dns.asked.length - before;
    };
    expect([await ask("carrier.example"), await ask("carrier.example")]).toEqual([3, 0]);
    expect([await ask("nowhere.example"), await ask("nowhere.example")]).toEqual([2, 0]);
    await clock.advance(6000);
    expect([await ask("carrier.example"), await ask("nowhere.example")]).toEqual([0, 2]);
    await clock.advance(30_000);
    expect(await ask("carrier.example")).toBe(3);
  });
});

describe("a name with addresses of both families", () => {
  it.each([
    ["192.0.2.10", "192.0.2.7"],
    ["2001:db8::10", "2001:db8::7"],
    ["::", "192.0.2.7"],
  ])("leads whoever listens at %s to %s first, and a SIP URI as well as a hop", async (host, first) => {
    const clock = new VirtualClock();
    const { resolver } = dnsOf({ "a both.example": ["192.0.2.7", "2001:db8::7"], "a six.example": ["2001:db8::7"] });
    const listen: SipAddress[] = [{ transport: "udp", host, port: 5060 }];
    const us = await createUserAgent({ clock, ids: seededIds(), listen, openTransport: createFakeNetwork(clock).open, resolver });
    agents.push(us);
    expect(await us.locate("sip:somebody@both.example:5060")).toMatchObject({ host: first });
    expect(await us.locate({ transport: "udp", host: "both.example", port: 5060 })).toMatchObject({ host: first });
    expect(await us.locate("sip:somebody@six.example:5060")).toMatchObject({ host: "2001:db8::7" });
    expect(await us.locate("sip:somebody@nowhere.example:5060")).toBeUndefined();
  });
});
