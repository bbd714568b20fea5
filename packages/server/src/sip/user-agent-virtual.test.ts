import { describe, expect, it } from "vitest";
import { seededIds, text, utf8 } from "../base/index.ts";
import {
  createDigestAuthenticator, header, headerValues, parseMessage,
  type Dialog, type IncomingInvite, type IncomingRequest, type OutgoingRequest, type Passing, type SipMessage,
} from "./index.ts";
import { ALICE, BOB, twoAgents } from "./two-agents.test.support.ts";

/** Two user agents on a network in memory; Bob's calls are kept. */
async function setUp() {
  const { clock, network, alice, bob } = await twoAgents(10);
  const invites: IncomingInvite[] = [];
  bob.events.on("invite", (incoming) => void invites.push(incoming));
  const call = (extra: Partial<OutgoingRequest> = {}) => alice.invite({ target: `sip:bob@${BOB}`, from: "sip:alice@example.com", ...extra });
  /** What went over the wire: `INVITE >` from Alice, `< 200 INVITE` from Bob, a lost one with `x`. */
  const wire = () => network.sent.map(shown);
  /** A call that is up at both ends. */
  const connect = async () => {
    const outgoing = call();
    await clock.advance(100);
    const bobs = invites.at(-1)!.accept({});
    const outcome = await clock.runUntil(outgoing.outcome);
    if (outcome.kind !== "accepted") throw new Error(outcome.kind);
    await clock.advance(100);
    return { alices: outcome.dialog, bobs };
  };
  return { clock, network, alice, bob, invites, call, connect, wire };
}

function shown({ text, from }: Passing): string {
  const [line = ""] = text.split("\r\n");
  const what = line.startsWith("SIP/2.0") ? `${line.split(" ")[1]} ${/CSeq: \d+ (\w+)/.exec(text)?.[1]}` : line.split(" ")[0];
  return from.host === ALICE ? `${what} >` : `< ${what}`;
}

const first = (name: string) => {
  let lost = false;
  return (passing: Passing) => !lost && shown(passing) === name && (lost = true);
};

const endOf = (dialog: Dialog): unknown => (dialog.signal.aborted ? dialog.signal.reason : undefined);

describe("on a network that loses messages", () => {
  it.each([
    ["the INVITE", "INVITE >"], ["the 100", "< 100 INVITE"], ["the 200", "< 200 INVITE"], ["the ACK", "ACK >"],
  ])("a call comes up although %s is lost once", async (_, lost) => {
    const { clock, network, invites, call } = await setUp();
    network.drop = first(lost);
    const outgoing = call();
    while (invites.length === 0) await clock.advance(100);
    const bobs = invites[0]!.accept({ body: { type: "text/plain", bytes: utf8("hello") } });
    let acks = 0;
    bobs.events.on("ack", () => void acks++);
    const outcome = await clock.runUntil(outgoing.outcome);
    await clock.advance(40_000);
    expect(outcome.kind).toBe("accepted");
    expect([invites.length, acks, bobs.signal.aborted]).toEqual([1, 1, false]);
    expect(clock.timers).toBe(0);
  });

  it.each([["the refusal", "< 486 INVITE"], ["the ACK", "ACK >"]])("a refusal arrives although %s is lost once", async (_, lost) => {
    const { clock, network, invites, call, wire } = await setUp();
    network.drop = first(lost);
    const outgoing = call();
    await clock.advance(100);
    invites[0]!.respond(486);
    expect(await clock.runUntil(outgoing.outcome)).toMatchObject({ kind: "refused", response: { status: 486 } });
    await clock.advance(40_000);
    expect(wire().filter((message) => message === "< 486 INVITE")).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  it("a BYE is repeated until it is answered, and answered again", async () => {
    const { clock, network, connect, wire } = await setUp();
    const { alices, bobs } = await connect();
    network.drop = first("< 200 BYE");
    await clock.runUntil(alices.bye());
    expect(wire().filter((message) => message.includes("BYE"))).toEqual(["BYE >", "< 200 BYE", "BYE >", "< 200 BYE"]);
    expect(endOf(bobs)).toEqual({ who: "remote" });
  });
});

describe("time-outs", () => {
  it("an INVITE nobody answers fails after 64*T1, seven times sent", async () => {
    const { clock, network, call, wire } = await setUp();
    network.drop = () => true;
    const started = clock.monotonicMs();
    expect(await clock.runUntil(call().outcome)).toEqual({ kind: "failed", why: "timeout" });
    expect(clock.monotonicMs() - started).toBe(32_000);
    expect(wire()).toEqual(Array.from({ length: 7 }, () => "INVITE >"));
  });

  it("another request nobody answers is a 408 made here", async () => {
    const { clock, network, alice } = await setUp();
    network.drop = () => true;
    const response = await clock.runUntil(alice.request("OPTIONS", { target: `sip:bob@${BOB}`, from: "sip:a@b" }));
    expect(response).toMatchObject({ status: 408, reason: "Request Timeout" });
  });

  it("a target that cannot be followed is a transport failure", async () => {
    const { clock, alice } = await setUp();
    for (const target of ["sips:bob@192.0.2.2", "tel:+1", "sip:bob@192.0.2.2;transport=tcp", "sip:bob@[2001:db8::1]"]) {
      expect(await clock.runUntil(alice.invite({ target, from: "sip:a@b" }).outcome)).toEqual({ kind: "failed", why: "transport" });
      expect((await clock.runUntil(alice.request("OPTIONS", { target, from: "sip:a@b" }))).status).toBe(503);
    }
  });

  it("a 200 whose ACK never comes is repeated up to T2, then ended with a BYE", async () => {
    const { clock, network, invites, call, wire } = await setUp();
    network.drop = (passing) => shown(passing) === "ACK >";
    const outgoing = call();
    await clock.advance(100);
    const bobs = invites[0]!.accept({});
    await clock.advance(40_000);
    expect(endOf(bobs)).toEqual({ who: "timeout" });
    const outcome = await outgoing.outcome;
    expect(outcome.kind === "accepted" && endOf(outcome.dialog)).toEqual({ who: "remote" });
    // 0, 0.5, 1.5, 3.5, 7.5, then every 4 s up to 31.5 s; each acknowledged anew.
    expect(wire().filter((message) => message === "< 200 INVITE")).toHaveLength(11);
    expect(wire().filter((message) => message === "ACK >")).toHaveLength(11);
    expect(wire().slice(-2)).toEqual(["< BYE", "200 BYE >"]);
    await clock.advance(40_000);
    expect(clock.timers).toBe(0);
  });

  it("the callee's BYE waits for the ACK", async () => {
    const { clock, network, invites, call, wire } = await setUp();
    network.drop = first("ACK >");
    call();
    await clock.advance(100);
    const bobs = invites[0]!.accept({});
    const over = bobs.bye();
    expect(endOf(bobs)).toEqual({ who: "local" });
    await clock.runUntil(over);
    expect(wire().slice(2)).toEqual(["< 200 INVITE", "ACK >", "< 200 INVITE", "ACK >", "< BYE", "200 BYE >"]);
  });
});

describe("CANCEL", () => {
  it("waits for a provisional response, and ends the call with a 487", async () => {
    const { clock, network, invites, call, wire } = await setUp();
    network.drop = first("< 100 INVITE");
    const outgoing = call();
    outgoing.events.on("provisional", () => undefined);
    await clock.advance(5);
    outgoing.cancel();
    outgoing.cancel();
    expect(wire()).toEqual(["INVITE >"]);
    expect(await clock.runUntil(outgoing.outcome)).toEqual({ kind: "failed", why: "cancelled" });
    expect(invites[0]!.signal.aborted).toBe(true);
    expect(wire().slice(-5)).toEqual(["< 100 INVITE", "CANCEL >", "< 200 CANCEL", "< 487 INVITE", "ACK >"]);
    invites[0]!.respond(486);
    expect(invites[0]!.accept({}).signal.aborted).toBe(true);
  });

  it("that crosses a 200 is followed by ACK and BYE", async () => {
    const { clock, invites, call, wire } = await setUp();
    const outgoing = call();
    await clock.advance(100);
    const bobs = invites[0]!.accept({});
    outgoing.cancel();
    expect(await clock.runUntil(outgoing.outcome)).toEqual({ kind: "failed", why: "cancelled" });
    await clock.advance(1000);
    expect(endOf(bobs)).toEqual({ who: "remote" });
    expect(wire().slice(2)).toEqual(["< 200 INVITE", "CANCEL >", "ACK >", "BYE >", "< 200 CANCEL", "< 200 BYE"]);
  });

  it.each([["while it rings", false, "CANCEL"], ["when a 200 crosses it", true, "BYE"]])("says why %s (RFC 3326)", async (_, crosses, method) => {
    const { clock, network, invites, call } = await setUp();
    const outgoing = call();
    await clock.advance(100);
    if (crosses) invites[0]!.accept({});
    outgoing.cancel([["Reason", 'SIP;cause=200;text="Call completed elsewhere"']]);
    await clock.runUntil(outgoing.outcome);
    await clock.advance(1000);
    expect(network.sent.find(({ text }) => text.startsWith(method))?.text).toContain('\r\nReason: SIP;cause=200;text="Call completed elsewhere"\r\n');
  });

  it("waits for a provisional response to the newest attempt, not to one that was challenged", async () => {
    const { clock, network, bob, call, wire } = await setUp();
    let challenges = 0;
    bob.events.on("invite", (incoming) => {
      if (challenges++ === 0) incoming.respond(401, { headers: [["WWW-Authenticate", 'Digest realm="r", nonce="n"']] });
    });
    const outgoing = call({ credentials: { username: "a", password: "b" } });
    let invites = 0;
    network.drop = (passing) => shown(passing) === "INVITE >" && ++invites === 2;
    await clock.advance(45);
    outgoing.cancel();
    await clock.advance(100);
    expect(wire()).toEqual(["INVITE >", "< 100 INVITE", "< 401 INVITE", "ACK >", "INVITE >"]);
    expect(await clock.runUntil(outgoing.outcome)).toEqual({ kind: "failed", why: "cancelled" });
    expect(wire()).toContain("CANCEL >");
  });

  it("before anything was sent sends nothing", async () => {
    const { clock, call, wire } = await setUp();
    const outgoing = call();
    outgoing.cancel();
    expect(await clock.runUntil(outgoing.outcome)).toEqual({ kind: "failed", why: "cancelled" });
    expect(wire()).toEqual([]);
  });

  it("that is not answered gives up after 64*T1", async () => {
    const { clock, network, call } = await setUp();
    const outgoing = call();
    await clock.advance(100);
    network.drop = () => true;
    outgoing.cancel();
    expect(await clock.runUntil(outgoing.outcome)).toEqual({ kind: "failed", why: "cancelled" });
    await clock.advance(64_000);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(32_000);
  });
});

describe("inside a dialog", () => {
  it("requests go both ways, with rising CSeq and to the peer's Contact", async () => {
    const { clock, connect } = await setUp();
    const { alices, bobs } = await connect();
    const seen: string[] = [];
    const answer = (incoming: IncomingRequest) => {
      seen.push(`${incoming.request.method} ${header(incoming.request, "CSeq")} ${text(incoming.request.body)}`);
      incoming.respond(200, { body: { type: "text/plain", bytes: utf8("ok") } });
    };
    alices.events.on("request", answer);
    bobs.events.on("request", answer);
    const info = { body: { type: "application/dtmf-relay", bytes: utf8("Signal=5") } };
    expect(text((await clock.runUntil(alices.request("INFO", info))).body)).toBe("ok");
    await clock.runUntil(alices.request("OPTIONS"));
    await clock.runUntil(bobs.request("INFO", info));
    expect(seen).toEqual(["INFO 2 INFO Signal=5", "OPTIONS 3 OPTIONS ", "INFO 1 INFO Signal=5"]);
  });

  it("a re-INVITE is acknowledged by itself, and its 200 repeated when the ACK is lost", async () => {
    const { clock, network, connect, wire } = await setUp();
    const { alices, bobs } = await connect();
    alices.events.on("request", (incoming) => incoming.respond(200));
    const before = wire().length;
    network.drop = first("< ACK");
    expect((await clock.runUntil(bobs.request("INVITE"))).status).toBe(200);
    await clock.advance(40_000);
    expect(wire().slice(before)).toEqual(["< INVITE", "100 INVITE >", "200 INVITE >", "< ACK", "200 INVITE >", "< ACK"]);
    expect(endOf(alices)).toBeUndefined();
  });

  it("what nobody listens for gets 200, 488 or 405 with Allow", async () => {
    const { clock, connect } = await setUp();
    const { alices } = await connect();
    const status = async (method: string) => (await clock.runUntil(alices.request(method))).status;
    expect([await status("OPTIONS"), await status("INVITE"), await status("INFO")]).toEqual([200, 488, 405]);
  });

  it("glare is answered 491, and tried again after a pause", async () => {
    const { clock, connect, wire } = await setUp();
    const { alices, bobs } = await connect();
    for (const dialog of [alices, bobs]) dialog.events.on("request", (incoming) => incoming.respond(200));
    const both = Promise.all([alices.request("INVITE"), bobs.request("INVITE")]);
    expect((await clock.runUntil(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(wire()).toContain("491 INVITE >");
    expect(wire()).toContain("< 491 INVITE");
  });

  it("re-INVITEs follow one another, and wait for the peer's", async () => {
    const { clock, connect, wire } = await setUp();
    const { alices, bobs } = await connect();
    for (const dialog of [alices, bobs]) dialog.events.on("request", (incoming) => void clock.setTimer(200, () => incoming.respond(200)));
    const before = wire().length;
    const both = Promise.all([alices.request("INVITE"), alices.request("INVITE")]);
    await clock.advance(100);
    const bobsOwn = bobs.request("INVITE");
    expect((await clock.runUntil(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await clock.runUntil(bobsOwn)).status).toBe(200);
    await clock.advance(100);
    const one = (mine: string, answers: string) => [`${mine}INVITE`, `${answers}100 INVITE`, `${answers}200 INVITE`, `${mine}ACK`];
    expect(wire().slice(before).map((message) => message.replace(" >", ""))).toEqual([...one("", "< "), ...one("", "< "), ...one("< ", "")]);
  });

  it("a re-INVITE nobody has answered yet gets 487 when the dialog ends", async () => {
    const { clock, connect } = await setUp();
    const { alices, bobs } = await connect();
    bobs.events.on("request", () => undefined);
    const pending = alices.request("INVITE");
    await clock.advance(100);
    await clock.runUntil(alices.bye());
    expect((await clock.runUntil(pending)).status).toBe(487);
  });

  it("a peer that has lost the dialog ends it", async () => {
    const { clock, bob, connect } = await setUp();
    const { alices } = await connect();
    await bob.close();
    const failed = clock.runUntil(alices.request("INFO"));
    expect((await failed).status).toBe(408);
    expect(endOf(alices)).toEqual({ who: "timeout" });
  });

  it("close ends it without a BYE, and leaves no timer behind", async () => {
    const { clock, alice, bob, connect, wire } = await setUp();
    const { alices } = await connect();
    const pending = alice.invite({ target: `sip:bob@${BOB}`, from: "sip:a@b" });
    const waiting = alices.request("INFO");
    await clock.advance(0);
    await Promise.all([alice.close(), bob.close()]);
    expect(endOf(alices)).toEqual({ who: "local" });
    expect(await pending.outcome).toEqual({ kind: "failed", why: "transport" });
    expect((await waiting).status).toBe(503);
    expect(wire().some((message) => message.includes("BYE"))).toBe(false);
    await clock.advance(20);
    expect(clock.timers).toBe(0);
  });
});

describe("digest", () => {
  it("answers the challenge of an INVITE, and of what follows in the dialog", async () => {
    const { clock, invites, bob, call, wire } = await setUp();
    const authenticator = createDigestAuthenticator({ realm: "bob", clock, ids: seededIds(7), lookup: (name) => (name === "alice" ? "pw" : undefined) });
    const guard = (incoming: IncomingRequest) => {
      const result = authenticator.check(incoming.request);
      if (!result.ok) incoming.respond(401, { headers: result.headers });
      return result.ok;
    };
    const accepted: Dialog[] = [];
    bob.events.on("invite", (incoming) => {
      if (guard(incoming)) accepted.push(incoming.accept({}));
    });
    const outcome = await clock.runUntil(call({ credentials: { username: "alice", password: "pw" } }).outcome);
    if (outcome.kind !== "accepted") throw new Error(outcome.kind);
    await clock.advance(100);
    expect(invites).toHaveLength(2);
    accepted[0]!.events.on("request", (incoming) => guard(incoming) && incoming.respond(200));
    expect((await clock.runUntil(outcome.dialog.request("INFO"))).status).toBe(200);
    expect(wire().filter((message) => message === "ACK >")).toHaveLength(2);
  });

  it.each(["INVITE", "MESSAGE"])("is refused with the 401 when the password is wrong: %s", async (method) => {
    const { clock, alice, bob, call } = await setUp();
    const authenticator = createDigestAuthenticator({ realm: "bob", clock, ids: seededIds(7), lookup: () => "pw" });
    let asked = 0;
    const refuse = (incoming: IncomingRequest) => {
      asked++;
      const result = authenticator.check(incoming.request);
      incoming.respond(401, { headers: result.ok ? [] : result.headers });
    };
    bob.events.on("invite", refuse);
    bob.events.on("request", refuse);
    const request = { target: `sip:bob@${BOB}`, from: "sip:a@b", credentials: { username: "alice", password: "no" } };
    if (method === "INVITE") expect(await clock.runUntil(call(request).outcome)).toMatchObject({ kind: "refused", response: { status: 401 } });
    else expect((await clock.runUntil(alice.request(method, request))).status).toBe(401);
    expect(asked).toBe(2);
  });
});

describe("Record-Route", () => {
  it("makes the way of what follows: through the proxies, in order, from either end", async () => {
    const { clock, network, alice, bob } = await setUp();
    const seen: SipMessage[] = [];
    // A proxy that does no more than pass on and leave its mark.
    await network.open({ transport: "udp", host: "192.0.2.9", port: 5060 }, (bytes, source) => {
      const parsed = parseMessage(bytes);
      if (!parsed.ok) return;
      seen.push(parsed.message);
      const onward = source.host === ALICE ? BOB : ALICE;
      const marked = text(bytes).replace("\r\nCSeq: 1 INVITE", "\r\nRecord-Route: <sip:192.0.2.9;lr>\r\nRecord-Route: <sip:198.51.100.1;lr>\r\nCSeq: 1 INVITE");
      network.inject(utf8(parsed.message.type === "request" && parsed.message.method === "INVITE" ? marked : text(bytes)),
        { transport: "udp", host: "192.0.2.9", port: 5060 }, { transport: "udp", host: onward, port: 5060 });
    }, clock);
    const invites: IncomingInvite[] = [];
    bob.events.on("invite", (incoming) => void invites.push(incoming));
    const outgoing = alice.invite({ target: "sip:bob@example.com", from: "sip:a@b", nextHop: { transport: "udp", host: "192.0.2.9", port: 5060 } });
    await clock.advance(100);
    const bobs = invites[0]!.accept({});
    const outcome = await clock.runUntil(outgoing.outcome);
    if (outcome.kind !== "accepted") throw new Error(outcome.kind);
    // Alice's first route is the one nearest to her: the last in what Bob saw.
    expect(headerValues(outcome.response, "Record-Route")).toEqual(["<sip:192.0.2.9;lr>", "<sip:198.51.100.1;lr>"]);
    void bobs.request("INFO");
    await clock.advance(1000);
    const info = seen.find((message) => message.type === "request" && message.method === "INFO")!;
    expect(headerValues(info, "Route")).toEqual(["<sip:192.0.2.9;lr>", "<sip:198.51.100.1;lr>"]);
    const ack = network.sent.find(({ text }) => text.startsWith("ACK"))!;
    expect(ack.to).toMatchObject({ host: "198.51.100.1" });
    expect(ack.text).toMatch(/^ACK sip:bob@192\.0\.2\.2:5060 SIP\/2\.0\r\n[\s\S]*Route: <sip:198\.51\.100\.1;lr>\r\nRoute: <sip:192\.0\.2\.9;lr>\r\n/);
    await Promise.all([alice.close(), bob.close()]);
  });
});
