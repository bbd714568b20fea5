import { afterEach, describe, expect, it } from "vitest";
import { aborted, randomIds, systemClock, text, utf8 } from "../base/index.ts";
import { createMediaEngine } from "../media/index.ts";
import {
  createDigestAuthenticator, createRegistrar, createUserAgent, formatReplaces, header, type Dialog, type Header, type IncomingInvite,
  type IncomingRequest, type SipRequest, type UserAgent,
} from "../sip/index.ts";
import { createInbound, createRoutes, createSipDialler, serveTransfers, type Cause, type IncomingCall, type Leg, type ReferPolicy, type WantedTransfer } from "./index.ts";

const [clock, ids, host] = [systemClock, randomIds, "127.0.0.1"];
const sdp = { type: "application/sdp", bytes: utf8("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n") };
const accounts = ["alice", "bob"];

const releases: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) await release();
});

async function agent(): Promise<UserAgent & { readonly port: number }> {
  const userAgent = await createUserAgent({ clock, ids, listen: [{ transport: "udp", host, port: 0 }] });
  releases.push(() => userAgent.close());
  return { ...userAgent, port: userAgent.addresses[0]?.port ?? 0 };
}

/** A server, and Alice in a call with it, who says exactly what the test says. */
async function inCall({ policy = "phones", refuse }: { readonly policy?: ReferPolicy; readonly refuse?: number } = {}) {
  const userAgent = await agent();
  const engine = await createMediaEngine({ host, ports: [0, 0], workers: 0 });
  releases.push(() => engine.close());
  const authenticator = createDigestAuthenticator({ realm: "test", clock, ids, lookup: (name) => (accounts.includes(name) ? `secret of ${name}` : undefined) });
  const registrar = createRegistrar({ authenticator, clock, minExpires: 1, maxExpires: 3600 });
  releases.push(() => registrar.close());
  const phones = accounts.map((username) => ({ username }));
  const routes = createRoutes({ phones, contacts: (username) => registrar.contacts(username), trunks: [] });
  const dialler = createSipDialler({ userAgent, engine, routes, clock, ids, host });
  const calls: IncomingCall[] = [];
  const inbound = createInbound({ userAgent, registrar, authenticator, engine, trunks: [], phones, clock, ids, refer: policy, onCall: (call) => void calls.push(call) });
  releases.push(() => inbound.close());

  const wanted: WantedTransfer[] = [];
  const finished: (Cause | undefined)[] = [];
  const replaced: unknown[] = [];
  const serve = (leg: Leg) => serveTransfers(leg, {
    refer(want) {
      wanted.push(want);
      return refuse ?? ((own) => dialler.dial({ target: want.target, from: want.from, timeoutMs: 2000, legId: ids.uuid(), ...own }, leg.signal));
    },
    finished: (_, cause) => void finished.push(cause),
    replaced: (by) => void replaced.push(by),
  });
  const invite = async (who: string, headers: readonly Header[] = [], body = sdp) => {
    const from = await agent();
    const outcome = from.invite({
      target: `sip:42@${host}:${userAgent.port}`, from: `sip:${who}@${host}`, credentials: { username: who, password: `secret of ${who}` }, headers, body,
    }).outcome;
    return { from, outcome };
  };
  const call = async (who: string) => {
    const { from, outcome } = await invite(who);
    await reached(() => calls.length > 0);
    const { leg } = calls.pop()!;
    serve(leg);
    await leg.answer();
    const answered = await outcome;
    if (answered.kind !== "accepted") throw new Error("not answered");
    return { from, leg, dialog: answered.dialog };
  };
  return { ...(await call("alice")), userAgent, call, invite, wanted, finished, replaced };
}

/** Looks again and again, while what waits to be read is read. */
async function reached(condition: () => boolean): Promise<void> {
  const deadline = clock.monotonicMs() + 3000;
  while (!condition()) {
    if (clock.monotonicMs() > deadline) throw new Error("waited in vain");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Collects the NOTIFYs of a dialog, and answers them. */
function notices(dialog: Dialog, status = 200): { readonly all: SipRequest[]; readonly over: Promise<void> } {
  const all: SipRequest[] = [];
  const over = new Promise<void>((resolve) => {
    dialog.events.on("request", (incoming: IncomingRequest) => {
      incoming.respond(status);
      if (incoming.request.method !== "NOTIFY") return;
      all.push(incoming.request);
      if (header(incoming.request, "Subscription-State")?.startsWith("terminated")) resolve();
    });
  });
  return { all, over };
}

const fragments = (all: readonly SipRequest[]) => all.map(({ body }) => text(body).trim());

/** Somebody elsewhere who does with a call what the test says. */
async function elsewhere(does: (invite: IncomingInvite) => void) {
  const there = await agent();
  const invites: IncomingInvite[] = [];
  there.events.on("invite", (invite) => {
    invites.push(invite);
    does(invite);
  });
  return { uri: `sip:carol@${host}:${there.port}`, invites };
}

const answers = (invite: IncomingInvite) => {
  invite.respond(180);
  invite.accept({ body: sdp });
};

describe("a REFER (RFC 3515)", () => {
  it("tells step by step what becomes of the call, which goes on with the target, and the sender is hung up", async () => {
    const { dialog, leg, wanted, finished } = await inCall();
    const carol = await elsewhere(answers);
    const told = notices(dialog);
    const response = await dialog.request("REFER", { headers: [["Refer-To", `<${carol.uri}>`], ["Referred-By", `<sip:alice@${host}>`]] });
    expect(response.status).toBe(202);
    expect(header(response, "Contact")).toBeDefined();
    await told.over;
    expect(fragments(told.all)).toEqual(["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK"]);
    expect(told.all.map((notify) => [header(notify, "Event"), header(notify, "Subscription-State"), header(notify, "Content-Type")])).toEqual([
      ["refer", "active;expires=120", "message/sipfrag;version=2.0"], ["refer", "active;expires=120", "message/sipfrag;version=2.0"],
      ["refer", "terminated;reason=noresource", "message/sipfrag;version=2.0"],
    ]);
    await aborted(dialog.signal);
    expect(dialog.signal.reason).toMatchObject({ who: "remote" });
    expect(header(carol.invites[0]!.request, "Referred-By")).toBe(`<sip:alice@${host}>`);
    expect(wanted).toEqual([{ target: { type: "uri", uri: carol.uri }, from: "42", attended: false }]);
    expect(finished).toEqual([undefined]);
    expect(leg.signal.aborted).toBe(false);
  });

  it("that the sender does not wait for: the BYE does not end the call", async () => {
    const { dialog, leg, finished } = await inCall();
    let take: () => void = () => undefined;
    const carol = await elsewhere((invite) => {
      invite.respond(180);
      take = () => void invite.accept({ body: sdp });
    });
    const told = notices(dialog);
    await dialog.request("REFER", { headers: [["Refer-To", `<${carol.uri}>`]] });
    await reached(() => told.all.length >= 2);
    await dialog.bye();
    expect(leg.signal.aborted).toBe(false);
    take();
    await reached(() => finished.length > 0);
    expect([finished, leg.signal.aborted]).toEqual([[undefined], false]);
  });

  it("and a BYE, and a target that refuses: the call is over", async () => {
    const { dialog, leg } = await inCall();
    let refuse: () => void = () => undefined;
    const carol = await elsewhere((invite) => void (refuse = () => invite.respond(486)));
    notices(dialog);
    await dialog.request("REFER", { headers: [["Refer-To", `<${carol.uri}>`]] });
    await reached(() => carol.invites.length > 0);
    await dialog.bye();
    expect(leg.signal.aborted).toBe(false);
    refuse();
    await aborted(leg.signal);
    expect(leg.signal.reason).toEqual({ reason: "completed", who: "peer" });
  });

  it("without an implicit subscription (RFC 4488) is not told of", async () => {
    const { dialog } = await inCall();
    const carol = await elsewhere(answers);
    const told = notices(dialog);
    const response = await dialog.request("REFER", { headers: [["Refer-To", `<${carol.uri}>`], ["Refer-Sub", "false"]] });
    expect(header(response, "Refer-Sub")).toBe("false");
    await aborted(dialog.signal);
    expect(told.all).toEqual([]);
  });

  it("after another one is told of by its CSeq, and not before that one is over: 491", async () => {
    const { dialog } = await inCall();
    const carol = await elsewhere((invite) => setImmediate(() => invite.respond(603)));
    const first = notices(dialog);
    const refer = () => dialog.request("REFER", { headers: [["Refer-To", `<${carol.uri}>`]] });
    const [one, two] = await Promise.all([refer(), refer()]);
    expect([one.status, two.status]).toEqual([202, 491]);
    await first.over;
    expect(fragments(first.all).at(-1)).toBe("SIP/2.0 603 Decline");
    const second = notices(dialog);
    const third = await refer();
    await second.over;
    expect(new Set(second.all.map((notify) => header(notify, "Event")))).toEqual(new Set([`refer;id=${header(third, "CSeq")?.split(" ")[0]}`]));
  });

  it("whose NOTIFYs nobody takes leaves the call alone (RFC 5057 §5.1)", async () => {
    const { dialog, leg, finished } = await inCall();
    const carol = await elsewhere((invite) => invite.respond(486));
    const told = notices(dialog, 481);
    await dialog.request("REFER", { headers: [["Refer-To", `<${carol.uri}>`]] });
    await told.over;
    expect([finished.length, leg.signal.aborted, dialog.signal.aborted]).toEqual([1, false, false]);
  });

  it("that names a dialog elsewhere: its target gets the Replaces", async () => {
    const { dialog } = await inCall();
    const carol = await elsewhere(answers);
    await dialog.request("REFER", { headers: [["Refer-To", `<${carol.uri}?Replaces=far%40away%3Bto-tag%3D1%3Bfrom-tag%3D2&Subject=x>`]] });
    await aborted(dialog.signal);
    const { request } = carol.invites[0]!;
    expect([header(request, "Replaces"), header(request, "Require"), header(request, "Subject")]).toEqual(["far@away;to-tag=1;from-tag=2", "replaces", undefined]);
  });

  it.each<[string, readonly Header[], number, object]>([
    ["without a target", [], 400, {}],
    ["with two", [["Refer-To", "<sip:a@b>"], ["Refer-To", "<sip:c@d>"]], 400, {}],
    ["with garbage", [["Refer-To", "nobody"]], 400, {}],
    ["to a web page", [["Refer-To", "<http://example.com>"]], 416, {}],
    ["for another method", [["Refer-To", "<sip:a@b;method=BYE>"]], 603, {}],
    ["with a Replaces that ends a line", [["Refer-To", "<sip:a@b?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D%222%0D%0AX%3A%20y%22>"]], 400, {}],
    ["where nobody may", [["Refer-To", "<sip:a@b>"]], 603, { policy: "off" }],
    ["to somebody who may not be called", [["Refer-To", "<sip:a@b>"]], 403, { refuse: 403 }],
  ])("%s is refused", async (_, headers, status, setting) => {
    const { dialog, leg } = await inCall(setting);
    expect((await dialog.request("REFER", { headers })).status).toBe(status);
    expect(leg.signal.aborted).toBe(false);
  });

  it.each([
    ["sip:bob@HOST", { type: "user", user: "bob" }],
    ["sip:%2B91%20800@HOST;user=phone", { type: "number", number: "91800" }],
    ["tel:+91-800", { type: "number", number: "91800" }],
    [`sip:bob@HOST:9`, { type: "uri", uri: `sip:bob@${host}:9` }],
    ["sip:bob@elsewhere.example.com;method=INVITE", { type: "uri", uri: "sip:bob@elsewhere.example.com" }],
    ["sip:bob@HOST;maddr=192.0.2.1", { type: "uri", uri: `sip:bob@${host};maddr=192.0.2.1` }],
  ])("to %s", async (to, target) => {
    const { dialog, wanted } = await inCall({ refuse: 403 });
    await dialog.request("REFER", { headers: [["Refer-To", `<${to.replace("HOST", host)}>`]] });
    expect(wanted).toEqual([{ target, from: "42", attended: false }]);
  });

  it("that names a call of its own that is not up calls the phone as any other does", async () => {
    const { dialog, userAgent } = await inCall();
    const bob = await agent();
    const invites: IncomingInvite[] = [];
    bob.events.on("invite", (invite) => {
      invites.push(invite);
      answers(invite);
    });
    const aor = `sip:bob@${host}`;
    const registered = await bob.request("REGISTER", {
      target: `sip:${host}:${userAgent.port}`, from: aor, to: aor, credentials: { username: "bob", password: "secret of bob" }, headers: [["Contact", `<sip:bob@${host}:${bob.port}>`], ["Expires", "60"]],
    });
    expect(registered.status).toBe(200);
    await dialog.request("REFER", { headers: [["Refer-To", `<${aor}?Replaces=ringing%3Bto-tag%3D1%3Bfrom-tag%3D2>`]] });
    await aborted(dialog.signal);
    expect(invites.map(({ request }) => [header(request, "Replaces"), header(request, "Require")])).toEqual([[undefined, undefined]]);
  });

  it("may not give away somebody else's call", async () => {
    const { dialog, call } = await inCall();
    const bob = await call("bob");
    const named = `Replaces=${encodeURIComponent(formatReplaces(bob.dialog))}`;
    expect((await dialog.request("REFER", { headers: [["Refer-To", `<sip:42@${host}?${named}>`]] })).status).toBe(403);
  });
});

describe("an INVITE with Replaces (RFC 3891)", () => {
  const replacing = (dialog: Dialog, more = ""): Header => ["Replaces", `${formatReplaces(dialog)}${more}`];

  it.each([["with an offer", sdp], ["without one", { type: "text/plain", bytes: new Uint8Array(0) }]])("%s takes the call over, and the party before is hung up", async (_, body) => {
    const { dialog, leg, invite, replaced } = await inCall();
    const { outcome } = await invite("bob", [replacing(dialog), ["Require", "replaces"]], body);
    const taken = await outcome;
    expect(taken.kind).toBe("accepted");
    await aborted(dialog.signal);
    expect([leg.signal.aborted, replaced]).toEqual([false, [{ type: "phone", username: "bob" }]]);
    if (taken.kind === "accepted" && body === sdp) await taken.dialog.bye();
    else await leg.hangup();
    await aborted(leg.signal);
  });

  it.each<[string, (dialog: Dialog) => readonly Header[], number, ReferPolicy]>([
    ["of a dialog nobody knows", () => [["Replaces", "c;to-tag=1;from-tag=2"]], 481, "phones"],
    ["twice", (dialog) => [replacing(dialog), replacing(dialog)], 400, "phones"],
    ["malformed", () => [["Replaces", "c"]], 400, "phones"],
    ["of an early dialog only", (dialog) => [replacing(dialog, ";early-only")], 486, "phones"],
    ["where nobody may", (dialog) => [replacing(dialog)], 403, "off"],
  ])("%s: refused", async (_, headers, status, policy) => {
    const { dialog, leg, invite } = await inCall({ policy });
    const { outcome } = await invite("bob", headers(dialog));
    expect(await outcome).toMatchObject({ kind: "refused", response: { status } });
    expect(leg.signal.aborted).toBe(false);
  });

  it.each([[481, true], [603, false]])("of a dialog that has ended: %i, its BYE being answered: %s", async (status, answered) => {
    const { dialog, leg, invite, from } = await inCall();
    const named = replacing(dialog);
    if (!answered) await from.close();
    const told = leg.hangup();
    if (answered) await told;
    const { outcome } = await invite("bob", [named]);
    expect(await outcome).toMatchObject({ kind: "refused", response: { status } });
    await told;
  });

  it("of somebody unknown gets no call", async () => {
    const { dialog, userAgent } = await inCall();
    const stranger = await agent();
    const { outcome } = stranger.invite({ target: `sip:42@${host}:${userAgent.port}`, from: "sip:mallory@example.com", headers: [replacing(dialog)], body: sdp });
    expect(await outcome).toMatchObject({ kind: "refused", response: { status: 401 } });
  });
});

describe("outside of a call", () => {
  it.each<[string, readonly Header[], number, string | undefined]>([
    ["MESSAGE", [["Content-Type", "text/plain"]], 405, undefined],
    ["SUBSCRIBE", [["Event", "presence"]], 489, "refer"],
    ["SUBSCRIBE", [["Event", "refer"]], 403, "refer"],
    ["PUBLISH", [["Event", "presence"]], 489, "refer"],
    ["NOTIFY", [["Event", "message-summary"]], 489, "refer"],
    ["NOTIFY", [["Event", "refer"]], 481, "refer"],
    ["REFER", [["Refer-To", "<sip:a@b>"]], 403, undefined],
    ["OPTIONS", [], 200, undefined],
    ["INFO", [], 481, undefined],
    ["FROBNICATE", [], 501, undefined],
  ])("%s %j: %i", async (method, headers, status, events) => {
    const { userAgent } = await inCall();
    const stranger = await agent();
    const response = await stranger.request(method, { target: `sip:42@${host}:${userAgent.port}`, from: "sip:mallory@example.com", headers });
    expect([response.status, header(response, "Allow-Events")]).toEqual([status, events]);
    if ([200, 405, 501].includes(status)) expect(header(response, "Allow")).toBe("INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY");
    if (status !== 200) return;
    expect(header(response, "Supported")).toBe("100rel, timer, replaces, norefersub");
    expect(header(response, "Accept")).toBe("application/sdp, multipart/mixed, application/dtmf-relay, application/dtmf");
  });
});
