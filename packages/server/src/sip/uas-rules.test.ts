import { afterEach, describe, expect, it } from "vitest";
import { channels, seededIds, text, utf8, VirtualClock } from "../base/index.ts";
import {
  createFakeNetwork, createUserAgent, header, parseMessage, type Dialog, type IncomingInvite, type IncomingRequest, type SipAddress,
  type SipMessage, type SipResponse, type UserAgent,
} from "./index.ts";

const SERVER: SipAddress = { transport: "udp", host: "192.0.2.1", port: 5060 };
const PEER: SipAddress = { transport: "udp", host: "192.0.2.2", port: 5070 };

const open: UserAgent[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((agent) => agent.close()));
});

/** A user agent, and a peer that says exactly what the test says. */
async function setUp() {
  const clock = new VirtualClock();
  const network = createFakeNetwork(clock);
  const agent = await createUserAgent({ clock, ids: seededIds(), product: "server/1", openTransport: network.open, listen: [SERVER] });
  open.push(agent);
  const received: SipMessage[] = [];
  const listen = (address: SipAddress) => network.open(address, (bytes) => {
    const parsed = parseMessage(bytes);
    if (parsed.ok) received.push(parsed.message);
  }, clock);
  await listen(PEER);
  const say = async (message: string | Uint8Array, from = PEER) => {
    network.inject(typeof message === "string" ? utf8(message) : message, from, SERVER);
    await clock.advance(10);
  };
  const statuses = () => received.flatMap((message) => (message.type === "response" ? [message.status] : []));
  const last = (): SipResponse => {
    const message = received.at(-1);
    if (message?.type !== "response") throw new Error("no response");
    return message;
  };
  return { clock, network, agent, received, say, statuses, last, listen };
}

interface Said {
  readonly uri?: string;
  readonly branch?: string;
  readonly cseq?: number;
  readonly toTag?: string;
  readonly fromTag?: string;
  readonly via?: string;
  readonly extra?: string;
  readonly body?: string;
  readonly callId?: string;
}

const request = (method: string, { uri = "sip:bob@192.0.2.1", branch = "z9hG4bKa", cseq = 1, toTag, fromTag = "f", via, extra = "", body = "", callId = "c1" }: Said = {}) =>
  `${method} ${uri} SIP/2.0\r\nVia: ${via ?? `SIP/2.0/UDP 192.0.2.2:5070;branch=${branch}`}\r\nMax-Forwards: 70\r\n` +
  `From: <sip:a@b>;tag=${fromTag}\r\nTo: <sip:bob@192.0.2.1>${toTag === undefined ? "" : `;tag=${toTag}`}\r\nCall-ID: ${callId}\r\n` +
  `CSeq: ${cseq} ${method}\r\nContact: <sip:peer@192.0.2.2:5070>\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;

describe("a request from outside (RFC 3261 §8.2)", () => {
  it.each<[string, string, number, Record<string, string>]>([
    ["a method nobody knows", request("FROBNICATE"), 501, { Allow: "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY" }],
    ["a method nobody listens for", request("MESSAGE"), 405, { Allow: "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY" }],
    ["OPTIONS", request("OPTIONS"), 200, { Allow: "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY", Server: "server/1" }],
    ["an INVITE nobody listens for", request("INVITE"), 480, {}],
    ["an unknown scheme", request("OPTIONS", { uri: "isbn:2983792873" }), 416, {}],
    ["an extension that is required", request("INVITE", { extra: "Require: 100rel, precondition, x\r\n" }), 420, { Unsupported: "precondition, x" }],
    ["a BYE without a dialog", request("BYE"), 481, {}],
    ["a BYE of a lost dialog", request("BYE", { toTag: "gone" }), 481, {}],
    ["an INVITE of a lost dialog", request("INVITE", { toTag: "gone" }), 481, {}],
    ["a CANCEL of nothing", request("CANCEL"), 481, {}],
    ["a malformed header", request("OPTIONS").replace("CSeq: 1", "CSeq: x"), 400, {}],
    ["no header but Via", "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bKa\r\n\r\n", 400, {}],
    ["a version of the future", request("OPTIONS").replaceAll("SIP/2.0", "SIP/7.0"), 505, {}],
    ["too short a body", request("OPTIONS").replace("Content-Length: 0", "Content-Length: 10"), 400, {}],
  ])("%s", async (_, message, status, headers) => {
    const { say, statuses, last } = await setUp();
    await say(message);
    expect(statuses().filter((status) => status !== 100)).toEqual([status]);
    for (const [name, value] of Object.entries(headers)) expect(header(last(), name)).toBe(value);
    if (status !== 505 && header(last(), "To") !== undefined) expect(header(last(), "To")).toMatch(/;tag=/);
  });

  it.each([
    ["a malformed ACK", request("ACK").replace("CSeq: 1", "CSeq: x")],
    ["a stray ACK", request("ACK", { toTag: "gone" })],
    ["a response to nothing", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKzz\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n"],
    ["a malformed response", "SIP/2.0 200 OK\r\nVia: nonsense\r\n\r\n"],
    ["noise", "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009"],
    ["a keep-alive", "\r\n\r\n"],
    ["nothing", ""],
  ])("%s is not answered", async (_, message) => {
    const { say, received, clock } = await setUp();
    await say(message);
    expect(received).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("garbage is told to who listens for it", async () => {
    const { say } = await setUp();
    const told: unknown[] = [];
    const listen = (event: unknown) => void told.push(event);
    channels.sipGarbage.subscribe(listen);
    await say("garbage");
    await say(request("OPTIONS").replace("Call-ID: c1", "Call-ID: "));
    channels.sipGarbage.unsubscribe(listen);
    expect(told).toMatchObject([{ remote: "192.0.2.2:5070", reason: "not_sip", bytes: 7 }, { reason: "Call-ID" }]);
  });

  it("is given to the application once, however often it comes", async () => {
    const { agent, say, statuses } = await setUp();
    const seen: IncomingRequest[] = [];
    agent.events.on("request", (incoming) => void seen.push(incoming));
    await say(request("MESSAGE"));
    await say(request("MESSAGE"));
    seen[0]!.respond(202);
    seen[0]!.respond(500);
    await say(request("MESSAGE"));
    expect(seen).toHaveLength(1);
    expect(seen[0]!.source).toEqual(PEER);
    expect(statuses()).toEqual([202, 202]);
  });

  it("that came on two ways is taken once: 482 (§8.2.2.2)", async () => {
    const { agent, say, statuses } = await setUp();
    const seen: IncomingInvite[] = [];
    agent.events.on("invite", (incoming) => void seen.push(incoming));
    await say(request("INVITE"));
    await say(request("INVITE", { branch: "z9hG4bKother" }));
    expect(seen).toHaveLength(1);
    expect(statuses()).toEqual([100, 100, 482]);
  });

  it("is answered 500 when a listener throws, and the next one is served", async () => {
    const { agent, say, statuses } = await setUp();
    agent.events.on("request", () => {
      throw new Error("a bad day");
    });
    await say(request("MESSAGE"));
    await say(request("OPTIONS", { branch: "z9hG4bKb", callId: "c2" }));
    expect(statuses()).toEqual([500, 500]);
  });

  it("is answered to the address it came from with rport, else to the port in Via (RFC 3581)", async () => {
    const { say, received, listen } = await setUp();
    await listen({ ...PEER, port: 5080 });
    await listen({ ...PEER, port: 40_000 });
    await say(request("OPTIONS", { via: "SIP/2.0/UDP 10.0.0.1:5080;branch=z9hG4bKa" }), { ...PEER, port: 9999 });
    expect(header(received[0]!, "Via")).toBe("SIP/2.0/UDP 10.0.0.1:5080;branch=z9hG4bKa;received=192.0.2.2");
    await say(request("OPTIONS", { via: "SIP/2.0/UDP 10.0.0.1:5080;branch=z9hG4bKb;rport, SIP/2.0/UDP far;branch=z9hG4bKc", callId: "c2" }), { ...PEER, port: 40_000 });
    expect(header(received[1]!, "Via")).toBe("SIP/2.0/UDP 10.0.0.1:5080;branch=z9hG4bKb;rport=40000;received=192.0.2.2, SIP/2.0/UDP far;branch=z9hG4bKc");
  });
});

describe("a call from a scripted peer", () => {
  async function accepted(said: Said = {}) {
    const made = await setUp();
    const invites: IncomingInvite[] = [];
    made.agent.events.on("invite", (incoming) => void invites.push(incoming));
    await made.say(request("INVITE", said));
    const dialog = invites[0]!.accept({});
    await made.clock.advance(10);
    const toTag = /tag=(\w+)/.exec(header(made.last(), "To") ?? "")?.[1] ?? "";
    return { ...made, dialog, toTag };
  }

  it("a request that a listener throws at gets 500, and the next one is served", async () => {
    const { say, statuses, dialog, toTag } = await accepted();
    const stop = dialog.events.on("request", () => {
      throw new Error("a bad day");
    });
    for (const [at, method] of ["INVITE", "INFO"].entries()) await say(request(method, { branch: `z9hG4bKx${at}`, cseq: 2 + at, toTag }));
    expect(statuses().slice(-3)).toEqual([100, 500, 500]);
    stop();
    dialog.events.on("request", (incoming) => incoming.respond(200));
    await say(request("INVITE", { branch: "z9hG4bKy", cseq: 9, toTag }));
    expect(statuses().at(-1)).toBe(200);
  });

  it("a request out of order gets 500, the next in order is served (§12.2.2)", async () => {
    const { say, toTag, statuses } = await accepted({ cseq: 10 });
    await say(request("ACK", { cseq: 10, toTag, branch: "z9hG4bKb" }));
    await say(request("OPTIONS", { cseq: 9, toTag, branch: "z9hG4bKc" }));
    await say(request("OPTIONS", { cseq: 15, toTag, branch: "z9hG4bKd" }));
    await say(request("BYE", { cseq: 16, toTag, branch: "z9hG4bKe" }));
    expect(statuses()).toEqual([100, 200, 500, 200, 200]);
  });

  it("an ACK that uses the branch of the INVITE counts, too", async () => {
    const { clock, say, toTag, statuses, dialog } = await accepted();
    const acks: string[] = [];
    dialog.events.on("ack", ({ body }) => acks.push(text(body)));
    await say(request("ACK", { toTag, body: "answer" }));
    await clock.advance(40_000);
    expect(statuses()).toEqual([100, 200]);
    expect(acks).toEqual(["answer"]);
  });

  it("a second re-INVITE before the first is answered gets 500 with Retry-After (§14.2)", async () => {
    const { say, toTag, last, dialog } = await accepted();
    await say(request("ACK", { toTag, branch: "z9hG4bKb" }));
    dialog.events.on("request", () => undefined);
    await say(request("INVITE", { toTag, cseq: 2, branch: "z9hG4bKc" }));
    await say(request("INVITE", { toTag, cseq: 3, branch: "z9hG4bKd" }));
    expect([last().status, Number(header(last(), "Retry-After"))]).toEqual([500, expect.any(Number)]);
    await say(request("CANCEL", { toTag, cseq: 2, branch: "z9hG4bKc" }));
    expect(last().status).toBe(487);
    expect(dialog.signal.aborted).toBe(false);
  });

  it.each<[string, string, string]>([
    ["a private address it cannot be at", "10.0.0.5", "192.0.2.2"],
    ["another public address", "198.51.100.7", "198.51.100.7"],
  ])("that gives %s as its Contact is reached at the right one", async (_, contact, reached) => {
    const { agent, network, clock, say } = await setUp();
    const dialogs: Dialog[] = [];
    agent.events.on("invite", (incoming) => void dialogs.push(incoming.accept({})));
    await say(request("INVITE").replace("sip:peer@192.0.2.2", `sip:peer@${contact}`));
    void dialogs[0]!.request("INFO");
    await clock.advance(10);
    expect(network.sent.find(({ text }) => text.startsWith(`INFO sip:peer@${contact}:5070`))?.to.host).toBe(reached);
  });

  it("a BYE before the answer ends it with a 487 (§15)", async () => {
    const { agent, say, statuses, last } = await setUp();
    const invites: IncomingInvite[] = [];
    agent.events.on("invite", (incoming) => void invites.push(incoming));
    await say(request("INVITE"));
    invites[0]!.respond(180);
    await say("\r\n\r\n");
    const toTag = /tag=(\w+)/.exec(header(last(), "To") ?? "")?.[1] ?? "";
    expect(header(last(), "Contact")).toBe("<sip:bob@192.0.2.1:5060>");
    await say(request("BYE", { toTag, cseq: 2, branch: "z9hG4bKb" }));
    expect(statuses()).toEqual([100, 180, 200, 487]);
    expect(invites[0]!.signal.aborted).toBe(true);
  });

  it("an element of RFC 2543 is served: no tag, no branch", async () => {
    const { agent, clock, say, statuses, last } = await setUp();
    const dialogs: { signal: AbortSignal }[] = [];
    agent.events.on("invite", (incoming) => void dialogs.push(incoming.accept({})));
    const old = (method: string, said: Said) => request(method, { ...said, via: "SIP/2.0/UDP 192.0.2.2:5070" }).replace(";tag=f", "");
    await say(old("INVITE", {}));
    await say(old("INVITE", {}));
    const toTag = /tag=(\w+)/.exec(header(last(), "To") ?? "")?.[1] ?? "";
    await say(old("ACK", { toTag }));
    await clock.advance(40_000);
    await say(old("BYE", { toTag, cseq: 2 }));
    expect(statuses()).toEqual([100, 200, 200]);
    expect(dialogs[0]!.signal.reason).toEqual({ who: "remote" });
  });
});

describe("a call to a scripted peer", () => {
  it("two branches of a fork answer: the first is kept, the other acknowledged and ended (§13.2.2.4)", async () => {
    const { agent, clock, received, say } = await setUp();
    const call = agent.invite({ target: "sip:b@192.0.2.2:5070", from: "sip:a@b" });
    const provisionals: number[] = [];
    call.events.on("provisional", ({ status }) => void provisionals.push(status));
    await clock.advance(10);
    const answer = (status: number, tag: string) => {
      const invite = received[0]!;
      return ["Via", "From", "Call-ID", "CSeq"].reduce((text, name) => `${text}${name}: ${header(invite, name)}\r\n`, `SIP/2.0 ${status} X\r\n`) +
        `To: <sip:b@192.0.2.2>;tag=${tag}\r\nContact: <sip:${tag}@192.0.2.2:5070>\r\nContent-Length: 0\r\n\r\n`;
    };
    await say(answer(180, "one"));
    await say(answer(183, "two"));
    await say(answer(200, "two"));
    await say(answer(200, "one"));
    await say(answer(200, "two"));
    const outcome = await call.outcome;
    expect(outcome.kind === "accepted" && header(outcome.response, "To")).toContain("tag=two");
    const sent = received.flatMap((message) => (message.type === "request" ? [`${message.method} ${message.uri}`] : []));
    expect(provisionals).toEqual([180, 183]);
    expect(sent.slice(1)).toEqual(["ACK sip:two@192.0.2.2:5070", "ACK sip:one@192.0.2.2:5070", "BYE sip:one@192.0.2.2:5070", "ACK sip:two@192.0.2.2:5070"]);
    expect(outcome.kind === "accepted" && outcome.dialog.signal.aborted).toBe(false);
  });
});

describe("under a flood", () => {
  it("of garbage and of requests nobody pursues nothing stays behind", async () => {
    const { clock, say, network } = await setUp();
    for (let index = 0; index < 300; index++) {
      await say(index % 2 ? `garbage ${index}` : request("OPTIONS", { branch: `z9hG4bK${index}`, callId: String(index) }));
    }
    await clock.advance(40_000);
    expect(clock.timers).toBe(0);
    expect(network.sent.length).toBe(450);
  });
});
