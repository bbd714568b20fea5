import { describe, expect, it } from "vitest";
import { Emitter, text, utf8, VirtualClock } from "../base/index.ts";
import type { Dialog, DialogEvents, Header, InviteOutcome, SipResponse, UserAgent, UserAgentEvents } from "../sip/index.ts";
import { ANSWERED_ELSEWHERE } from "./cause.ts";
import { fork } from "./fork.ts";

const response = (status: number): SipResponse => ({ type: "response", status, reason: "", headers: [], body: new Uint8Array(0) });
const refused = (status: number): InviteOutcome => ({ kind: "refused", response: response(status) });

/** One INVITE on its way: the test says what becomes of it. */
class Branch {
  cancels = 0;
  byes = 0;
  settle: (outcome: InviteOutcome) => void = () => undefined;
  readonly events = new Emitter<{ provisional: SipResponse }>();
  readonly callId = "call";
  readonly outcome = new Promise<InviteOutcome>((resolve) => {
    this.settle = resolve;
  });
  readonly dialog: Dialog = {
    callId: "call",
    localTag: "ours",
    remoteTag: "theirs",
    sibling: () => undefined,
    signal: new AbortController().signal,
    events: new Emitter<DialogEvents>(),
    request: async () => response(200),
    bye: async (headers) => {
      this.reasons.push(headers?.[0]?.[1]);
      this.byes += 1;
    },
  };
  /** Reason headers of its CANCELs and BYEs. */
  readonly reasons: (string | undefined)[] = [];
  cancel(headers?: readonly Header[]) {
    this.reasons.push(headers?.[0]?.[1]);
    this.cancels += 1;
  }
  provisional(status: number, body = "") {
    this.events.emit("provisional", { ...response(status), body: utf8(body) });
  }
  answer() {
    this.settle({ kind: "accepted", dialog: this.dialog, response: response(200) });
  }
}

function ringing(count: number) {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const branches: Branch[] = [];
  const userAgent: UserAgent = {
    addresses: [],
    events: new Emitter<UserAgentEvents>(),
    invite() {
      const branch = new Branch();
      branches.push(branch);
      return branch;
    },
    request: async () => response(408),
    dialog: () => undefined,
    locate: async () => undefined,
    ping: async () => undefined,
    close: async () => undefined,
  };
  const told: number[] = [];
  const early: string[] = [];
  const requests = Array.from({ length: count }, (_, index) => ({ target: `sip:${index}`, from: "sip:me@here" }));
  const onRinging = () => void told.push(clock.monotonicMs());
  const outcome = fork({ userAgent, clock, requests, timeoutMs: 30_000, onRinging, onEarly: ({ body }) => void early.push(text(body)) }, abort.signal);
  const at = (index: number): Branch => branches[index] ?? expect.fail("no such branch");
  return { clock, abort, branches, told, early, outcome, at };
}

describe("fork", () => {
  it("gives the call to the first that answers, and cancels the others", async () => {
    const { outcome, at, clock } = ringing(3);
    at(1).answer();
    expect(await outcome).toMatchObject({ accepted: true, dialog: at(1).dialog, request: { target: "sip:1" } });
    expect([0, 1, 2].map((index) => at(index).cancels)).toEqual([1, 0, 1]);
    expect(clock.timers).toBe(0);
  });

  it("hangs up who answers too late", async () => {
    const { outcome, at } = ringing(2);
    at(0).answer();
    await outcome;
    at(1).answer();
    await at(1).outcome;
    await Promise.resolve();
    expect([at(0).byes, at(1).byes]).toEqual([0, 1]);
  });

  it("gives up when the time is over", async () => {
    const { outcome, at, clock } = ringing(1);
    at(0).provisional(180);
    await clock.advance(29_999);
    expect(at(0).cancels).toBe(0);
    await clock.advance(1);
    expect(await outcome).toEqual({ accepted: false, cause: { reason: "no_answer", who: "us" } });
    expect(at(0).cancels).toBe(1);
  });

  it("gives up when it is told to, and leaves nothing behind", async () => {
    const { outcome, at, clock, abort } = ringing(1);
    abort.abort();
    expect(await outcome).toEqual({ accepted: false, cause: { reason: "cancelled", who: "us" } });
    expect(at(0).cancels).toBe(1);
    at(0).settle(refused(487));
    expect(clock.timers).toBe(0);
  });

  it("tells those who lose that somebody else has answered, and who answers too late as well (RFC 3326)", async () => {
    const { outcome, at } = ringing(2);
    at(1).answer();
    await outcome;
    at(0).answer();
    await at(0).outcome;
    await Promise.resolve();
    expect(at(0).reasons).toEqual(Array.from({ length: 2 }, () => 'SIP;cause=200;text="Call completed elsewhere"'));
  });

  it.each([
    ["nobody else", undefined, { reason: "cancelled", who: "us" }, 'Q.850;cause=16;text="cancelled"'],
    ["another destination that has answered", ANSWERED_ELSEWHERE, ANSWERED_ELSEWHERE, 'SIP;cause=200;text="Call completed elsewhere"'],
  ])("given up for %s says so", async (_, reason, cause, header) => {
    const { outcome, at, abort } = ringing(1);
    abort.abort(reason);
    expect(await outcome).toEqual({ accepted: false, cause });
    expect(at(0).reasons).toEqual([header]);
  });

  it.each([
    [[180, 180], 2],
    [[183], 1],
    [[100, 181, 182], 0],
  ])("tells ringing at %j", (statuses, times) => {
    const { at, told } = ringing(1);
    for (const status of statuses) at(0).provisional(status);
    expect(told).toHaveLength(times);
  });

  it("hands over what comes with a body before the answer, and nothing after the end", async () => {
    const { at, abort, early, told } = ringing(2);
    at(0).provisional(180);
    at(0).provisional(183, "one");
    at(1).provisional(180, "two");
    abort.abort();
    at(1).provisional(183, "late");
    expect([early, told]).toEqual([["one", "two"], [0, 0, 0]]);
  });

  it.each([
    ["the only refusal", [486], "busy", 486],
    ["busy before unreachable", [404, 486], "busy", 486],
    ["a failure before nobody there", [500, 408, 480], "failed", 500],
  ])("tells %s", async (_, statuses, reason, sipStatus) => {
    const { outcome, at } = ringing(statuses.length);
    statuses.forEach((status, index) => at(index).settle(refused(status)));
    expect(await outcome).toEqual({ accepted: false, cause: { reason, who: "peer", sipStatus } });
  });

  it("tells no answer of a phone that rang and then said so", async () => {
    const { outcome, at } = ringing(1);
    at(0).provisional(180);
    at(0).settle(refused(480));
    expect(await outcome).toMatchObject({ cause: { reason: "no_answer" } });
  });

  it("waits for the others when one is busy, not when one declines everywhere (RFC 3261 §16.7)", async () => {
    const { outcome, at } = ringing(3);
    at(0).settle(refused(486));
    await at(0).outcome;
    expect([at(1).cancels, at(2).cancels]).toEqual([0, 0]);
    at(1).settle(refused(603));
    expect(await outcome).toMatchObject({ cause: { reason: "rejected", sipStatus: 603 } });
    expect(at(2).cancels).toBe(1);
  });

  it.each([
    ["timeout", { reason: "unreachable", who: "network", sipStatus: 408 }],
    ["transport", { reason: "unreachable", who: "network", sipStatus: 503 }],
    ["cancelled", { reason: "cancelled", who: "us" }],
  ] as const)("of a failure by %s tells the cause", async (why, cause) => {
    const { outcome, at } = ringing(1);
    at(0).settle({ kind: "failed", why });
    expect(await outcome).toEqual({ accepted: false, cause });
  });
});
