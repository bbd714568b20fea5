import { afterEach, describe, expect, it } from "vitest";
import { utf8 } from "../../base/index.ts";
import { header, headerValues, type IncomingInvite, type SipResponse, type UserAgent } from "../index.ts";
import { DEFAULT_TIMERS } from "../transaction/timers.ts";
import { twoAgents } from "../two-agents.test.support.ts";
import { type ReliableEvent, type ReliableState, stepReliable } from "./reliable.ts";

const response = (status: number): SipResponse => ({ type: "response", status, reason: "", headers: [], body: new Uint8Array(0) });
const respond = (status: number): ReliableEvent => ({ event: "respond", response: response(status) });

/** What the machine does, told shortly. */
function run(events: readonly ReliableEvent[]): readonly string[][] {
  let state: ReliableState = { name: "idle", rseq: 7 };
  return events.map((event) => {
    const [next, ...effects] = stepReliable(state, event, DEFAULT_TIMERS);
    state = next;
    return [next.name, ...effects.map((effect) => {
      if (effect.do === "send") return `${effect.response.status}${header(effect.response, "RSeq") === undefined ? "" : ` RSeq ${header(effect.response, "RSeq")}`}`;
      return effect.do === "start" ? `${effect.timer} ${effect.delayMs}` : effect.do;
    })];
  });
}

const begun = ["waiting", "180 RSeq 8", "retransmit 500", "give up 32000"];

describe("reliable provisional responses (RFC 3262 §3)", () => {
  it.each<[string, readonly ReliableEvent[], readonly string[][]]>([
    ["100 is not one of them", [respond(100)], [["idle", "100"]]],
    ["an answer without any", [respond(200)], [["over", "200"]]],
    ["one, repeated, acknowledged, and the answer", [respond(180), { event: "retransmit" }, { event: "retransmit" }, { event: "prack", rseq: 8 }, respond(200)],
      [begun, ["waiting", "180 RSeq 8", "retransmit 1000"], ["waiting", "180 RSeq 8", "retransmit 2000"], ["idle", "stop", "accept PRACK"], ["over", "200"]]],
    ["an acknowledgement of something else", [respond(180), { event: "prack", rseq: 9 }], [begun, ["waiting"]]],
    ["an acknowledgement of nothing", [{ event: "prack", rseq: 7 }], [["idle"]]],
    ["a second one, and the answer, wait for their turn", [respond(180), respond(183), respond(200), { event: "prack", rseq: 8 }, { event: "prack", rseq: 9 }],
      [begun, ["waiting"], ["waiting"], ["waiting", "stop", "accept PRACK", "183 RSeq 9", "retransmit 500", "give up 32000"], ["over", "stop", "accept PRACK", "200"]]],
    ["a refusal does not wait", [respond(180), respond(486), { event: "retransmit" }, { event: "prack", rseq: 8 }], [begun, ["over", "stop", "486"], ["over"], ["over"]]],
    ["nobody acknowledges", [respond(180), { event: "give up" }, respond(504)], [begun, ["over", "stop", "fail"], ["over", "504"]]],
  ])("%s", (_, events, expected) => expect(run(events)).toEqual(expected));
});

const agents: UserAgent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close();
});

async function world() {
  const { clock, network, alice, bob } = await twoAgents();
  agents.push(alice, bob);
  const invited: IncomingInvite[] = [];
  bob.events.on("invite", (incoming) => invited.push(incoming));
  const lines = () => network.sent.map(({ text, from }) => `${from.host.endsWith("1") ? "a" : "b"} ${text.split("\r\n")[0]!.replace(/ ?(SIP\/2\.0|sip:\S+) ?/g, "")}`);
  return { clock, network, alice, bob, invited, lines };
}

const call = { target: "sip:bob@192.0.2.2", from: "sip:alice@192.0.2.1", headers: [["Require", "100rel"]] as const };

describe("a call whose caller requires 100rel", () => {
  it("has every provisional response acknowledged, in order, and the answer after them", async () => {
    const { clock, alice, invited, lines, network } = await world();
    const outgoing = alice.invite(call);
    const rang: number[] = [];
    outgoing.events.on("provisional", ({ status }) => rang.push(status));
    await clock.advance(10);
    invited[0]!.respond(180);
    invited[0]!.respond(183, { body: { type: "text/plain", bytes: utf8("x") } });
    const dialog = invited[0]!.accept({});
    await clock.advance(100);
    const outcome = await outgoing.outcome;
    if (outcome.kind !== "accepted") throw new Error(outcome.kind);
    expect(rang).toEqual([100, 180, 183]);
    expect(lines().filter((line) => !line.includes("100 "))).toEqual([
      "a INVITE", "b 180 Ringing", "a PRACK", "b 200 OK", "b 183 Session Progress", "a PRACK", "b 200 OK", "b 200 OK", "a ACK",
    ]);
    const pracks = network.sent.filter(({ text }) => text.startsWith("PRACK")).map(({ text }) => /RAck: (\d+) 1 INVITE[^]*CSeq: (\d)|CSeq: (\d)[^]*RAck: (\d+) 1 INVITE/.exec(text));
    expect(pracks.map((found) => found?.[2] ?? found?.[3])).toEqual(["2", "3"]);
    // What comes then goes on counting.
    const info = clock.runUntil(outcome.dialog.request("INFO"));
    dialog.events.on("request", (incoming) => incoming.respond(200));
    expect((await info).status).toBe(200);
    expect(network.sent.findLast(({ text }) => text.startsWith("INFO"))?.text).toContain("CSeq: 4 INFO");
    await clock.runUntil(dialog.bye());
  });

  it("survives that a PRACK, its answer and a response are lost", async () => {
    const { clock, alice, invited, network, lines } = await world();
    const lost = new Set(["180 Ringing", "PRACK", "200 OK"]);
    network.drop = ({ text }) => {
      const line = text.split("\r\n")[0]!.replace(/ ?(SIP\/2\.0|sip:\S+) ?/g, "");
      return lost.delete(line);
    };
    const outgoing = alice.invite(call);
    const rang: number[] = [];
    outgoing.events.on("provisional", ({ status }) => rang.push(status));
    await clock.advance(10);
    invited[0]!.respond(180);
    await clock.advance(5000);
    invited[0]!.accept({});
    await clock.advance(100);
    expect((await outgoing.outcome).kind).toBe("accepted");
    expect(rang).toEqual([100, 180]);
    expect(lost.size).toBe(0);
    expect(lines().filter((line) => line === "a ACK")).toHaveLength(1);
  });

  it("is given up with 504 when nothing is acknowledged, and cancelled as ever", async () => {
    for (const cancels of [false, true]) {
      const { clock, alice, invited, network } = await world();
      network.drop = ({ text }) => text.startsWith("PRACK");
      const outgoing = alice.invite(call);
      await clock.advance(10);
      invited[0]!.respond(180);
      await clock.advance(1000);
      if (cancels) outgoing.cancel();
      await clock.advance(33_000);
      expect(await outgoing.outcome).toMatchObject(cancels ? { kind: "failed", why: "cancelled" } : { kind: "refused", response: { status: 504 } });
      expect(invited[0]!.signal.aborted).toBe(true);
      const repeats = network.sent.filter(({ text }) => text.startsWith("SIP/2.0 180")).length;
      expect(repeats).toBe(cancels ? 2 : 7);
    }
  });

  it.each([
    ["is not answered before its ringing is acknowledged, and given up with 504 when it never is", false, { kind: "refused", response: { status: 504 } }, { who: "timeout" }],
    ["can be cancelled as long as its answer is held back", true, { kind: "failed", why: "cancelled" }, { who: "remote" }],
  ])("%s", async (_, cancels, outcome, end) => {
    const { clock, alice, invited, network } = await world();
    network.drop = ({ text }) => text.startsWith("PRACK");
    const outgoing = alice.invite(call);
    await clock.advance(10);
    invited[0]!.respond(180);
    await clock.advance(1000);
    const dialog = invited[0]!.accept({});
    await clock.advance(1000);
    expect(dialog.signal.aborted).toBe(false);
    if (cancels) outgoing.cancel();
    await clock.advance(40_000);
    expect(await outgoing.outcome).toMatchObject(outcome);
    expect(dialog.signal.reason).toEqual(end);
    expect(network.sent.filter(({ text }) => /^BYE |^SIP\/2\.0 200 [^]*\r\nCSeq: 1 INVITE/.test(text))).toEqual([]);
    await clock.advance(40_000);
    expect(clock.timers).toBe(0);
  });

  it("has its answer once, however long that was held back", async () => {
    const { clock, alice, invited, network } = await world();
    let lost = 3;
    network.drop = ({ text }) => text.startsWith("PRACK") && lost-- > 0;
    const outgoing = alice.invite(call);
    await clock.advance(10);
    invited[0]!.respond(180);
    invited[0]!.accept({});
    await clock.advance(10_000);
    expect((await outgoing.outcome).kind).toBe("accepted");
    expect(network.sent.filter(({ text }) => /^SIP\/2\.0 200 [^]*\r\nCSeq: 1 INVITE/.test(text))).toHaveLength(1);
  });

  it("gets 481 for a PRACK of what was never said", async () => {
    const { clock, alice, invited, network } = await world();
    alice.invite(call);
    await clock.advance(10);
    invited[0]!.respond(180);
    await clock.advance(10);
    const prack = network.sent.find(({ text }) => text.startsWith("PRACK"))!;
    for (const [pattern, wrong] of [[/RAck: \d+/, "RAck: 1"], [/1 INVITE/, "9 INVITE"]] as const) {
      const text = prack.text.replace(pattern, wrong).replace(/branch=\w+/, `branch=z9hG4bK${wrong.replaceAll(/\W/g, "")}`);
      network.inject(utf8(text), prack.from, prack.to);
      await clock.advance(10);
      expect(network.sent.at(-1)!.text).toMatch(/^SIP\/2\.0 481 /);
    }
  });
});

describe("a call without Require", () => {
  it("says that it could, and has ordinary provisional responses", async () => {
    const { clock, alice, invited, network } = await world();
    const outgoing = alice.invite({ target: call.target, from: call.from });
    await clock.advance(10);
    expect(headerValues(invited[0]!.request, "Supported")).toContain("100rel");
    invited[0]!.respond(180);
    invited[0]!.respond(486);
    await clock.advance(100);
    expect((await outgoing.outcome).kind).toBe("refused");
    expect(network.sent.some(({ text }) => text.includes("RSeq"))).toBe(false);
  });
});
