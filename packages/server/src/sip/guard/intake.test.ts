import { afterEach, describe, expect, it } from "vitest";
import { channels, seededIds, VirtualClock, type Clock, type Timer } from "../../base/index.ts";
import { createFakeNetwork, createUserAgent, type Dialog, type SipAddress, type UserAgent } from "../index.ts";
import { createIntake, type Intake, type IntakeLimits } from "./intake.ts";

// A thread on a time of its own: what it does takes as long as the test says, and what comes meanwhile waits in the
// receive buffer of a socket, of which 32 datagrams at most are read between two looks at the timers, as libuv does.

interface Message {
  readonly kind: "INVITE" | "ACK" | "BYE";
  readonly call: number;
  readonly sentMs: number;
}

interface Result {
  lost: number;
  accepted: number;
  acknowledged: number;
  ended: number;
  readonly answerMs: number[];
  readonly refusalMs: number[];
  readonly ackMs: number[];
}

const COST_MS = { INVITE: 1.5, ACK: 0.2, BYE: 0.5, refusal: 0.1 } as const;
const AT_ONCE = 32;
const BUFFER = 150;

class SlowThread implements Clock {
  nowMs = 0;
  readonly #timers = new Set<{ readonly dueMs: number; readonly fire: () => void }>();
  readonly #later: (() => void)[] = [];

  now(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = { dueMs: this.nowMs + Math.max(1, delayMs), fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  later(work: () => void): void {
    this.#later.push(work);
  }

  /** One turn of the loop: what is left of before, timers, then the socket. */
  turn(read: () => void): void {
    for (const work of this.#later.splice(0)) work();
    for (const timer of [...this.#timers].filter(({ dueMs }) => dueMs <= this.nowMs)) {
      this.#timers.delete(timer);
      timer.fire();
    }
    read();
    this.nowMs += 0.05;
  }
}

/** Calls of a second come at a rate, for so long: INVITE, its ACK 1 ms after the 200, then a BYE. Of what an INVITE costs, `laterMs` are spent in the next turn. */
function load(callsPerSecond: number, seconds: number, inTurn: boolean, laterMs = 0.3) {
  const thread = new SlowThread();
  const coming: Message[] = Array.from({ length: callsPerSecond * seconds }, (_, call) => ({ kind: "INVITE", call, sentMs: (call * 1000) / callsPerSecond }));
  const buffer: Message[] = [];
  const result: Result = { lost: 0, accepted: 0, acknowledged: 0, ended: 0, answerMs: [], refusalMs: [], ackMs: [] };
  const answer = ({ call, sentMs }: Message) => {
    thread.nowMs += COST_MS.INVITE - laterMs;
    thread.later(() => {
      thread.nowMs += laterMs;
      result.accepted += 1;
      result.answerMs.push(thread.nowMs - sentMs);
      coming.push({ kind: "ACK", call, sentMs: thread.nowMs + 1 }, { kind: "BYE", call, sentMs: thread.nowMs + 1000 });
    });
  };
  const intake: Intake<Message> = createIntake<Message>(thread, {
    take: answer,
    refuse(invite) {
      thread.nowMs += COST_MS.refusal;
      result.refusalMs.push(thread.nowMs - invite.sentMs);
    },
  });
  const handle = (message: Message) => {
    if (message.kind === "INVITE") return inTurn ? intake.push(String(message.call), message) : answer(message);
    thread.nowMs += COST_MS[message.kind];
    if (message.kind === "BYE") result.ended += 1;
    else {
      result.acknowledged += 1;
      result.ackMs.push(thread.nowMs - message.sentMs);
    }
  };
  const arrive = () => {
    coming.sort((one, other) => one.sentMs - other.sentMs);
    for (let next = coming[0]; next && next.sentMs <= thread.nowMs; next = coming[0]) {
      coming.shift();
      if (buffer.length < BUFFER) buffer.push(next);
      else result.lost += 1;
    }
  };
  while (thread.nowMs < seconds * 1000 + 3000) {
    thread.turn(() => {
      arrive();
      for (let read = 0; read < AT_ONCE; read++) {
        const message = buffer.shift();
        if (!message) break;
        handle(message);
      }
    });
  }
  return result;
}

const most = (values: readonly number[]) => values.reduce((one, other) => Math.max(one, other), 0);

describe("new calls beyond what can be done", () => {
  it("would lose the ACKs of others if they were taken as they come", () => {
    const { lost, accepted, acknowledged } = load(800, 6, false);
    expect(lost).toBeGreaterThan(500);
    expect(acknowledged).toBeLessThan(accepted);
  });

  it.each([[500, 0.3], [600, 0.3], [800, 0.3], [1500, 0.3], [3000, 0.3], [500, 1.2], [600, 1.2], [800, 1.2], [1500, 1.2]] as const)("are refused soon, and no call that was taken fails: %d in a second, %d ms of their work later", (rate, laterMs) => {
    const seconds = 6;
    const { lost, accepted, acknowledged, ended, answerMs, refusalMs, ackMs } = load(rate, seconds, true, laterMs);
    expect([lost, acknowledged, ended]).toEqual([0, accepted, accepted]);
    expect(accepted + refusalMs.length).toBe(rate * seconds);
    expect(refusalMs.length).toBeGreaterThan(0);
    // Before the INVITE would be sent again.
    expect(most(answerMs)).toBeLessThan(300);
    expect(most(refusalMs)).toBeLessThan(300);
    expect(most(ackMs)).toBeLessThan(60);
    // A call costs 2.2 ms, a refusal 0.1 ms: nearly all the time goes into calls.
    const possible = seconds * 1000 - refusalMs.length * COST_MS.refusal;
    expect(accepted * 2.2).toBeGreaterThan(0.9 * possible);
  });

  it("are all taken when they can be, at once", () => {
    const { accepted, answerMs, refusalMs } = load(350, 6, true);
    expect([accepted, refusalMs.length]).toEqual([350 * 6, 0]);
    expect(most(answerMs)).toBeLessThan(30);
  });
});

describe("a new call that waits", () => {
  function waiting(limits: Partial<IntakeLimits> = {}) {
    const clock = new VirtualClock();
    let spentMs = 0;
    const slow: Clock = { now: () => clock.now(), monotonicMs: () => clock.monotonicMs() + spentMs, setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire) };
    const done: string[] = [];
    const intake = createIntake<string>(slow, {
      take(name) {
        done.push(name);
        spentMs += 10;
      },
      refuse: (name) => void done.push(`${name} refused`),
    }, limits);
    const come = (...names: readonly string[]) => names.forEach((name) => intake.push(name, name));
    return { clock, intake, done, come, pass: (ms: number) => (spentMs += ms) };
  }

  it("is taken after what came before it, one in each turn that is that long", async () => {
    const { clock, done, come } = waiting();
    come("a", "b", "c");
    expect(done).toEqual(["a"]);
    await clock.advance(1);
    come("d");
    await clock.advance(5);
    expect(done).toEqual(["a", "b", "c", "d"]);
    expect(clock.timers).toBe(0);
  });

  it("is one call however often it is sent", async () => {
    const { clock, done, come } = waiting();
    come("a", "b", "b", "b");
    await clock.advance(10);
    expect(done).toEqual(["a", "b"]);
  });

  it("is refused when it has waited too long, and again when it comes again", async () => {
    const { clock, done, come, pass } = waiting();
    come("a", "b");
    pass(300);
    await clock.advance(10);
    come("b");
    expect(done).toEqual(["a", "b refused", "b refused"]);
  });

  it("is refused when too many wait", () => {
    const { done, come } = waiting({ waiting: 2 });
    come("a", "b", "c", "d");
    expect(done).toEqual(["a", "d refused"]);
  });

  it("is taken when its CANCEL comes", () => {
    const { done, come, intake } = waiting();
    come("a", "b", "c");
    intake.hurry("c");
    expect([done, intake.waiting]).toEqual([["a", "c"], 1]);
  });

  it("is forgotten when it is over", async () => {
    const { clock, done, come, intake } = waiting();
    come("a", "b");
    intake.close();
    await clock.advance(10);
    expect([done, clock.timers]).toEqual([["a"], 0]);
  });
});

describe("a user agent with more new calls than it can take", () => {
  const agents: UserAgent[] = [];
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.close();
  });

  const at = (host: string): SipAddress => ({ transport: "udp", host, port: 5060 });

  /** Every INVITE takes the server so long. */
  async function world(inviteMs: number) {
    const clock = new VirtualClock();
    let spentMs = 0;
    const slow: Clock = { now: () => clock.now(), monotonicMs: () => clock.monotonicMs() + spentMs, setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire) };
    const network = createFakeNetwork(clock);
    const open = { openTransport: network.open };
    const server = await createUserAgent({ ...open, clock: slow, ids: seededIds(1), listen: [at("192.0.2.1")], protection: { isTrusted: () => true } });
    const phone = await createUserAgent({ ...open, clock, ids: seededIds(2), listen: [at("192.0.2.2")] });
    agents.push(server, phone);
    const dialogs: Dialog[] = [];
    let acks = 0;
    server.events.on("invite", (incoming) => {
      spentMs += inviteMs;
      const dialog = incoming.accept({});
      dialog.events.on("ack", () => void acks++);
      dialogs.push(dialog);
    });
    const call = () => phone.invite({ target: "sip:x@192.0.2.1", from: "sip:a@b" });
    return { clock, network, call, dialogs, acks: () => acks };
  }

  it("answers as many as it can, refuses the others with 503 and when to come back, and every call it took goes on", async () => {
    const { clock, network, call, dialogs, acks } = await world(10);
    const told: unknown[] = [];
    const listener = (message: unknown) => void told.push(message);
    channels.sipOverload.subscribe(listener);
    const outcomes = await clock.runUntil(Promise.all(Array.from({ length: 100 }, call).map(({ outcome }) => outcome)));
    await clock.advance(40_000);
    channels.sipOverload.unsubscribe(listener);
    const accepted = outcomes.filter(({ kind }) => kind === "accepted").length;
    const refused = outcomes.flatMap((outcome) => (outcome.kind === "refused" ? [outcome.response.status] : []));
    expect(accepted).toBeGreaterThan(15);
    expect(new Set(refused)).toEqual(new Set([503]));
    expect([dialogs.length, acks(), accepted + refused.length]).toEqual([accepted, accepted, 100]);
    expect(dialogs.every(({ signal }) => !signal.aborted)).toBe(true);
    const texts = network.sent.filter(({ text }) => text.startsWith("SIP/2.0 503")).map(({ text }) => text);
    expect(texts.every((text) => /\r\nRetry-After: ([5-9]|1[0-5])\r\n/.test(text))).toBe(true);
    expect(told).toMatchObject([{ overloaded: true }, { overloaded: false }]);
  });

  it("knows the call that a CANCEL means also while it waits", async () => {
    const { clock, network } = await world(10);
    const request = (method: string, call: number) => Buffer.from(`${method} sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKw${call};rport\r\n` +
      `From: <sip:a@b>;tag=${call}\r\nTo: <sip:x@192.0.2.1>\r\nCall-ID: w${call}\r\nCSeq: 1 ${method}\r\nContact: <sip:a@192.0.2.9>\r\nContent-Length: 0\r\n\r\n`);
    for (let number = 0; number < 5; number++) network.inject(request("INVITE", number), at("192.0.2.9"), at("192.0.2.1"));
    network.inject(request("CANCEL", 4), at("192.0.2.9"), at("192.0.2.1"));
    network.inject(request("CANCEL", 77), at("192.0.2.9"), at("192.0.2.1"));
    await clock.advance(20);
    const answers = network.sent.flatMap(({ text }) => (/CSeq: 1 CANCEL/.test(text) && text.startsWith("SIP/2.0") ? [text.slice(8, 11)] : []));
    expect(answers).toEqual(["200", "481"]);
  });
});
