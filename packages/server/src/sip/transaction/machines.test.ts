import { describe, expect, it } from "vitest";
import { header, noBody, type SipRequest, type SipResponse } from "../message/message.ts";
import { respondTo } from "../message/respond.ts";
import { cancelFor } from "./ack.ts";
import { client } from "./client.ts";
import { inviteClient } from "./invite-client.ts";
import { inviteServer } from "./invite-server.ts";
import type { Effect, Machine, TransactionEvent } from "./machine.ts";
import { server } from "./server.ts";
import { DEFAULT_TIMERS } from "./timers.ts";

const request = (method: string): SipRequest => ({
  type: "request", method, uri: "sip:bob@example.com", body: noBody,
  headers: [
    ["Via", "SIP/2.0/UDP a;branch=z9hG4bK1"], ["Via", "SIP/2.0/UDP b;branch=z9hG4bK2"], ["Max-Forwards", "70"],
    ["From", "<sip:a@b>;tag=1"], ["To", "<sip:bob@example.com>"], ["Call-ID", "c"], ["CSeq", `5 ${method}`],
    ["Route", "<sip:p1;lr>"], ["Route", "<sip:p2;lr>"],
  ],
});
const response = (status: number): SipResponse => respondTo(request("INVITE"), status, { toTag: "2" });

/** What happens, as a table's cell: `timer A`, `180`, `INVITE` (again), `ACK`, `respond 200`, `error`. */
function eventOf(name: string): TransactionEvent {
  const [word, rest = ""] = name.split(" ");
  if (word === "timer") return { event: "timer", timer: timerName(rest) };
  if (word === "respond") return { event: "respond", response: response(Number(rest)) };
  if (word === "error") return { event: "transport error" };
  if (word === "ACK") return { event: "ack", request: request("ACK") };
  if (/^\d/.test(name)) return { event: "response", response: response(Number(name)) };
  return { event: "request", request: request(name) };
}

const timerName = (text: string) => {
  const found = (["A", "B", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M"] as const).find((name) => name === text);
  if (!found) throw new Error(text);
  return found;
};

function shown(effect: Effect): string {
  if (effect.do === "start") return `start ${effect.timer} ${effect.delayMs}`;
  if (effect.do === "stop") return `stop ${effect.timer}`;
  if (effect.do === "fail") return `fail ${effect.why}`;
  return `${effect.do} ${effect.message.type === "request" ? effect.message.method : effect.message.status}`;
}

type Row = readonly [event: string, state: string, effects: string];

/** Walks a machine through the rows, one after the other. */
function walk<State extends { readonly name: string }>(machine: Machine<State>, rows: readonly Row[]): void {
  let [state, ...effects] = machine.start();
  for (const [event, name, expected] of rows) {
    if (event !== "start") [state, ...effects] = machine.step(state, eventOf(event));
    expect([event, state.name, effects.map(shown).join(", ")]).toEqual([event, name, expected]);
  }
}

const udp = { timers: DEFAULT_TIMERS, reliable: false };
const tcp = { timers: DEFAULT_TIMERS, reliable: true };

describe("INVITE client (RFC 3261 Figure 5, RFC 6026 Figure 7)", () => {
  it.each<[string, typeof udp, readonly Row[]]>([
    ["retransmits with doubling intervals and gives up after 64*T1", udp, [
      ["start", "calling", "send INVITE, start A 500, start B 32000"],
      ["timer A", "calling", "send INVITE, start A 1000"],
      ["timer A", "calling", "send INVITE, start A 2000"],
      ["timer A", "calling", "send INVITE, start A 4000"],
      ["timer A", "calling", "send INVITE, start A 8000"],
      ["timer B", "terminated", "fail timeout"],
    ]],
    ["is answered: every 2xx goes up until timer M", udp, [
      ["start", "calling", "send INVITE, start A 500, start B 32000"],
      ["100", "proceeding", "stop A, stop B, pass 100"],
      ["180", "proceeding", "stop A, stop B, pass 180"],
      ["timer A", "proceeding", ""], ["timer B", "proceeding", ""],
      ["200", "accepted", "stop A, stop B, pass 200, start M 32000"],
      ["180", "accepted", ""], ["200", "accepted", "pass 200"], ["486", "accepted", ""], ["error", "accepted", ""],
      ["timer M", "terminated", ""], ["200", "terminated", ""],
    ]],
    ["is refused at once: the ACK is its own, and repeated", udp, [
      ["start", "calling", "send INVITE, start A 500, start B 32000"],
      ["486", "completed", "stop A, stop B, send ACK, pass 486, start D 32000"],
      ["486", "completed", "send ACK"], ["100", "completed", ""], ["200", "completed", ""], ["timer A", "completed", ""],
      ["timer D", "terminated", ""],
    ]],
    ["cannot be sent", udp, [["start", "calling", "send INVITE, start A 500, start B 32000"], ["error", "terminated", "fail transport"]]],
    ["cannot send its ACK", udp, [
      ["start", "calling", "send INVITE, start A 500, start B 32000"],
      ["486", "completed", "stop A, stop B, send ACK, pass 486, start D 32000"], ["error", "terminated", "fail transport"],
    ]],
    ["over TCP retransmits nothing and is over with a refusal", tcp, [
      ["start", "calling", "send INVITE, start B 32000"],
      ["180", "proceeding", "stop A, stop B, pass 180"],
      ["603", "terminated", "stop A, stop B, send ACK, pass 603"],
    ]],
  ])("%s", (_, config, rows) => walk(inviteClient(request("INVITE"), config), rows));

  it("builds the ACK of §17.1.1.3 and the CANCEL of §9.1", () => {
    const [state] = inviteClient(request("INVITE"), udp).step({ name: "proceeding" }, eventOf("404"));
    const ack = state.name === "completed" ? state.ack : undefined;
    expect(ack).toMatchObject({ method: "ACK", uri: "sip:bob@example.com" });
    expect(ack?.headers).toEqual([
      ["Via", "SIP/2.0/UDP a;branch=z9hG4bK1"], ["Max-Forwards", "70"], ["From", "<sip:a@b>;tag=1"],
      ["To", "<sip:bob@example.com>;tag=2"], ["Call-ID", "c"], ["CSeq", "5 ACK"], ["Route", "<sip:p1;lr>"], ["Route", "<sip:p2;lr>"],
    ]);
    const cancel = cancelFor(request("INVITE"));
    expect([header(cancel, "To"), header(cancel, "CSeq"), header(cancel, "Via")]).toEqual(["<sip:bob@example.com>", "5 CANCEL", "SIP/2.0/UDP a;branch=z9hG4bK1"]);
  });
});

describe("client (RFC 3261 Figure 6)", () => {
  it.each<[string, typeof udp, readonly Row[]]>([
    ["retransmits up to T2 and gives up after 64*T1", udp, [
      ["start", "trying", "send BYE, start E 500, start F 32000"],
      ["timer E", "trying", "send BYE, start E 1000"],
      ["timer E", "trying", "send BYE, start E 2000"],
      ["timer E", "trying", "send BYE, start E 4000"],
      ["timer E", "trying", "send BYE, start E 4000"],
      ["timer F", "terminated", "fail timeout"],
    ]],
    ["goes on at T2 after a provisional", udp, [
      ["start", "trying", "send BYE, start E 500, start F 32000"],
      ["100", "proceeding", "pass 100"],
      ["timer E", "proceeding", "send BYE, start E 4000"],
      ["200", "completed", "stop E, stop F, pass 200, start K 5000"],
      ["200", "completed", ""], ["timer E", "completed", ""], ["error", "completed", ""],
      ["timer K", "terminated", ""],
    ]],
    ["gives up after a provisional, too", udp, [
      ["start", "trying", "send BYE, start E 500, start F 32000"], ["100", "proceeding", "pass 100"], ["timer F", "terminated", "fail timeout"],
    ]],
    ["cannot be sent", udp, [["start", "trying", "send BYE, start E 500, start F 32000"], ["error", "terminated", "fail transport"]]],
    ["over TCP is over with the answer", tcp, [["start", "trying", "send BYE, start F 32000"], ["481", "terminated", "stop F, pass 481"]]],
  ])("%s", (_, config, rows) => walk(client(request("BYE"), config), rows));
});

describe("INVITE server (RFC 3261 Figure 7, RFC 6026 Figure 8)", () => {
  it.each<[string, typeof udp, readonly Row[]]>([
    ["is refused, repeats it until the ACK, and absorbs what comes late", udp, [
      ["start", "proceeding", "send 100"],
      ["INVITE", "proceeding", "send 100"],
      ["respond 180", "proceeding", "send 180"],
      ["INVITE", "proceeding", "send 180"], ["ACK", "proceeding", ""],
      ["respond 486", "completed", "send 486, start G 500, start H 32000"],
      ["timer G", "completed", "send 486, start G 1000"],
      ["timer G", "completed", "send 486, start G 2000"],
      ["timer G", "completed", "send 486, start G 4000"],
      ["timer G", "completed", "send 486, start G 4000"],
      ["INVITE", "completed", "send 486"], ["respond 200", "completed", ""],
      ["ACK", "confirmed", "stop G, stop H, start I 5000"],
      ["ACK", "confirmed", ""], ["INVITE", "confirmed", ""], ["timer I", "terminated", ""],
    ]],
    ["is refused and never acknowledged", udp, [
      ["start", "proceeding", "send 100"], ["respond 487", "completed", "send 487, start G 500, start H 32000"],
      ["timer H", "terminated", "fail timeout"],
    ]],
    ["is accepted: the 2xx is repeated by the TU, an INVITE is absorbed, an ACK goes up", udp, [
      ["start", "proceeding", "send 100"],
      ["respond 200", "accepted", "send 200, start L 32000"],
      ["INVITE", "accepted", ""], ["respond 200", "accepted", "send 200"], ["respond 486", "accepted", ""],
      ["ACK", "accepted", "pass ACK"], ["error", "accepted", "fail transport"], ["timer L", "terminated", ""],
    ]],
    ["over TCP repeats nothing", tcp, [
      ["start", "proceeding", "send 100"], ["respond 486", "completed", "send 486, start H 32000"], ["ACK", "terminated", "stop H"],
    ]],
    ["cannot send a provisional: the TU is told and may go on", udp, [
      ["start", "proceeding", "send 100"], ["error", "proceeding", "fail transport"], ["respond 180", "proceeding", "send 180"],
    ]],
    ["cannot send its refusal", udp, [
      ["start", "proceeding", "send 100"], ["respond 486", "completed", "send 486, start G 500, start H 32000"], ["error", "terminated", "fail transport"],
    ]],
  ])("%s", (_, config, rows) => walk(inviteServer(request("INVITE"), config), rows));
});

describe("server (RFC 3261 Figure 8)", () => {
  it.each<[string, typeof udp, readonly Row[]]>([
    ["says nothing until the TU does, then repeats the last response", udp, [
      ["start", "trying", "start J 32000"],
      ["OPTIONS", "trying", ""],
      ["respond 100", "proceeding", "send 100"], ["OPTIONS", "proceeding", "send 100"],
      ["respond 200", "completed", "send 200, start J 32000"],
      ["OPTIONS", "completed", "send 200"], ["respond 404", "completed", ""],
      ["timer J", "terminated", ""],
    ]],
    ["over TCP is over with the answer", tcp, [["start", "trying", "start J 32000"], ["respond 200", "terminated", "send 200"]]],
    ["that nobody answers is forgotten", udp, [["start", "trying", "start J 32000"], ["timer J", "terminated", ""], ["respond 200", "terminated", ""]]],
    ["cannot send", udp, [
      ["start", "trying", "start J 32000"], ["respond 200", "completed", "send 200, start J 32000"], ["error", "terminated", "fail transport"],
    ]],
  ])("%s", (_, config, rows) => walk(server(config), rows));
});
