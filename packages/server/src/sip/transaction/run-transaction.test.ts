import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../base/index.ts";
import { noBody, type SipMessage, type SipRequest } from "../message/message.ts";
import { respondTo } from "../message/respond.ts";
import { client } from "./client.ts";
import { inviteClient } from "./invite-client.ts";
import { runTransaction } from "./run-transaction.ts";
import { DEFAULT_TIMERS } from "./timers.ts";

const request = (method: string): SipRequest => ({
  type: "request", method, uri: "sip:b@c", body: noBody,
  headers: [["Via", "SIP/2.0/UDP a;branch=z9hG4bK1"], ["From", "<sip:a@b>;tag=1"], ["To", "<sip:b@c>"], ["Call-ID", "c"], ["CSeq", `1 ${method}`]],
});

function plumbing(send: (message: SipMessage) => Promise<void> = async () => undefined) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const note = (what: string) => void log.push(`${clock.monotonicMs()} ${what}`);
  return {
    clock,
    log,
    send(message: SipMessage) {
      note(`send ${message.type === "request" ? message.method : message.status}`);
      return send(message);
    },
    pass: (message: SipMessage) => note(`pass ${message.type === "response" ? message.status : message.method}`),
    failed: (why: string) => note(`failed ${why}`),
    ended: () => note("ended"),
  };
}

describe("the driver", () => {
  it("retransmits on the clock and ends with the timeout", async () => {
    const outside = plumbing();
    runTransaction(client(request("BYE"), { timers: DEFAULT_TIMERS, reliable: false }), outside);
    await outside.clock.advance(60_000);
    expect(outside.log).toEqual([
      ...[0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((at) => `${at} send BYE`),
      "32000 failed timeout", "32000 ended",
    ]);
    expect(outside.clock.timers).toBe(0);
  });

  it("turns a rejected send into a transport error", async () => {
    const outside = plumbing(() => Promise.reject(new Error("unreachable")));
    runTransaction(inviteClient(request("INVITE"), { timers: DEFAULT_TIMERS, reliable: false }), outside);
    await outside.clock.advance(0);
    expect(outside.log).toEqual(["0 send INVITE", "0 failed transport", "0 ended"]);
    expect(outside.clock.timers).toBe(0);
  });

  it("hands responses up, and sets no timer any more once it was abandoned from there", async () => {
    const outside = plumbing();
    const running = runTransaction(inviteClient(request("INVITE"), { timers: DEFAULT_TIMERS, reliable: false }), {
      ...outside,
      pass: (message) => {
        outside.pass(message);
        running.abandon();
      },
    });
    running.dispatch({ event: "response", response: respondTo(request("INVITE"), 200) });
    expect(outside.clock.timers).toBe(0);
    await outside.clock.advance(100_000);
    expect(outside.log).toEqual(["0 send INVITE", "0 pass 200"]);
  });
});
