import { describe, expect, it } from "vitest";
import { seededIds, utf8, VirtualClock } from "../base/index.ts";
import { createFakeNetwork, createUserAgent, header, parseMessage, type Dialog, type IncomingInvite, type SipRequest } from "./index.ts";

// What both ends do at the same moment: every message is on the wire before the other end's arrives.

const ALICE = "192.0.2.1";
const BOB = "192.0.2.2";
/** Longer than any timer of a transaction (RFC 3261 Table 4). */
const QUIET_MS = 70_000;

async function setUp() {
  const clock = new VirtualClock();
  const network = createFakeNetwork(clock, 10);
  const agentAt = (host: string, seed: number) => createUserAgent({
    clock, ids: seededIds(seed), openTransport: network.open, listen: [{ transport: "udp", host, port: 5060 }],
  });
  const [alice, bob] = [await agentAt(ALICE, 1), await agentAt(BOB, 2)];
  const invites: IncomingInvite[] = [];
  bob.events.on("invite", (incoming) => void invites.push(incoming));
  const outgoing = alice.invite({ target: `sip:bob@${BOB}`, from: "sip:alice@example.com" });
  await clock.advance(100);
  return { clock, network, alice, bob, outgoing, invite: invites[0]! };
}

async function connected() {
  const made = await setUp();
  const bobs = made.invite.accept({});
  const outcome = await made.clock.runUntil(made.outgoing.outcome);
  if (outcome.kind !== "accepted") throw new Error(outcome.kind);
  await made.clock.advance(100);
  for (const dialog of [outcome.dialog, bobs]) dialog.events.on("request", (incoming) => incoming.respond(200));
  return { ...made, alices: outcome.dialog, bobs };
}

type Does = (dialog: Dialog) => Promise<unknown>;
const bye: Does = (dialog) => dialog.bye();
const ask = (method: string): Does => async (dialog) => (await dialog.request(method)).status;
/** With a description, which is an offer. */
const offer = (method: string): Does => async (dialog) => (await dialog.request(method, { body: { type: "application/sdp", bytes: utf8("v=0") } })).status;
const whoOf = ({ signal }: Dialog): unknown => (signal.aborted ? signal.reason.who : "up");

describe("at the same moment", () => {
  it.each<[string, Does, Does, readonly unknown[], readonly unknown[]]>([
    ["BYE and BYE", bye, bye, [undefined, undefined], ["local", "local"]],
    ["BYE and a re-INVITE", bye, ask("INVITE"), [undefined, 481], ["local", "remote"]],
    ["a re-INVITE and BYE", ask("INVITE"), bye, [481, undefined], ["remote", "local"]],
    ["REFER and BYE", ask("REFER"), bye, [481, undefined], ["remote", "local"]],
    ["BYE and REFER", bye, ask("REFER"), [undefined, 481], ["local", "remote"]],
    ["BYE and UPDATE", bye, ask("UPDATE"), [undefined, 481], ["local", "remote"]],
    ["BYE and NOTIFY", bye, ask("NOTIFY"), [undefined, 481], ["local", "remote"]],
    ["re-INVITE and re-INVITE: 491 to both, and again", ask("INVITE"), ask("INVITE"), [200, 200], ["up", "up"]],
    ["a re-INVITE and an UPDATE that offers something: 491 to that", offer("INVITE"), offer("UPDATE"), [200, 491], ["up", "up"]],
    ["a re-INVITE and an UPDATE that offers nothing", offer("INVITE"), ask("UPDATE"), [200, 200], ["up", "up"]],
    ["REFER and REFER", ask("REFER"), ask("REFER"), [200, 200], ["up", "up"]],
    ["a re-INVITE and INFO", ask("INVITE"), ask("INFO"), [200, 200], ["up", "up"]],
  ])("%s", async (_, alice, bob, came, ends) => {
    const { clock, alices, bobs, alice: one, bob: other } = await connected();
    const both = Promise.all([alice(alices), bob(bobs)]);
    expect(await clock.runUntil(both)).toEqual(came);
    await clock.advance(QUIET_MS);
    expect([whoOf(alices), whoOf(bobs)]).toEqual(ends);
    expect(clock.timers).toBe(0);
    await Promise.all([one.close(), other.close()]);
  });

  it.each<[string, (invite: IncomingInvite) => void, string, readonly string[]]>([
    // RFC 3261 §9.2: it changes nothing any more, and §15.1.1: what it could not prevent is ended.
    ["CANCEL and a 200", (invite) => void invite.accept({}), "cancelled", ["BYE"]],
    ["CANCEL and a refusal", (invite) => invite.respond(486), "cancelled", []],
    ["CANCEL and ringing", (invite) => invite.respond(180), "cancelled", []],
  ])("%s: the call is over at both ends", async (_, bobs, why, farewell) => {
    const { clock, network, alice, bob, outgoing, invite } = await setUp();
    outgoing.cancel();
    bobs(invite);
    expect(await clock.runUntil(outgoing.outcome)).toEqual({ kind: "failed", why });
    await clock.advance(QUIET_MS);
    const methods = network.sent.map(({ text }) => text.split(" ", 1)[0]);
    expect(methods.filter((method) => method === "BYE")).toEqual(farewell);
    expect(clock.timers).toBe(0);
    await Promise.all([alice.close(), bob.close()]);
  });
});

describe("an INVITE that a proxy has forked (RFC 3261 §13.2.2.4)", () => {
  const answer = (invite: SipRequest, status: string, tag: string) =>
    `SIP/2.0 ${status}\r\nVia: ${header(invite, "Via")}\r\nFrom: ${header(invite, "From")}\r\nTo: ${header(invite, "To")};tag=${tag}\r\n` +
    `Call-ID: ${header(invite, "Call-ID")}\r\nCSeq: 1 INVITE\r\nContact: <sip:${tag}@192.0.2.9:5060>\r\nContent-Length: 0\r\n\r\n`;

  it.each([
    ["the first answer wins, every other one is acknowledged and ended", ["180 a", "180 b", "200 b", "200 a", "200 c"], ["ACK b", "ACK a", "BYE a", "ACK c", "BYE c"]],
    ["an answer that comes again is acknowledged again, and not ended", ["200 a", "200 a"], ["ACK a", "ACK a"]],
    ["a refusal after an answer changes nothing", ["183 a", "200 a", "486 b"], ["ACK a"]],
  ])("%s", async (_, answers, sent) => {
    const clock = new VirtualClock();
    const network = createFakeNetwork(clock, 10);
    const at = { transport: "udp", host: "192.0.2.9", port: 5060 } as const;
    const alice = await createUserAgent({ clock, ids: seededIds(1), openTransport: network.open, listen: [{ transport: "udp", host: ALICE, port: 5060 }] });
    const seen: SipRequest[] = [];
    await network.open(at, (bytes) => {
      const parsed = parseMessage(bytes);
      if (parsed.ok && parsed.message.type === "request") seen.push(parsed.message);
    }, clock);
    const outgoing = alice.invite({ target: "sip:all@192.0.2.9", from: "sip:alice@example.com" });
    await clock.advance(20);
    for (const one of answers) {
      const [status = "", tag = ""] = one.split(" ");
      network.inject(utf8(answer(seen[0]!, `${status} x`, tag)), at, { transport: "udp", host: ALICE, port: 5060 });
      await clock.advance(50);
    }
    expect(await outgoing.outcome).toMatchObject({ kind: "accepted" });
    const branches = seen.filter(({ method }) => method !== "INVITE").map(({ method, uri }) => `${method} ${uri.slice(4, 5)}`);
    expect([...new Set(branches)].toSorted()).toEqual([...new Set(sent)].toSorted());
    expect(branches.filter((one) => one.startsWith("ACK"))).toEqual(sent.filter((one) => one.startsWith("ACK")));
    await alice.close();
  });
});
