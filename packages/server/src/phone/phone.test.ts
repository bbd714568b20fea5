import { afterEach, describe, expect, it } from "vitest";
import { randomIds, systemClock, VirtualClock } from "../base/index.ts";
import { CallNotAnswered, createPhone, type Phone, type PhoneCall, type PhoneOptions } from "./index.ts";

const open: Phone[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((phone) => phone.close()));
});

const common = { password: "x", clock: systemClock, ids: randomIds, host: "127.0.0.1", register: false } as const;

/** Two phones without a server between them: the second one calls the first. */
async function phones(options: Partial<PhoneOptions> = {}) {
  const server = { transport: "udp", host: "127.0.0.1", port: 9 } as const;
  const called = await createPhone({ ...common, username: "called", server, ...options });
  const calling = await createPhone({ ...common, username: "calling", server: called.address, clock: options.clock ?? systemClock });
  open.push(called, calling);
  return { called, calling };
}

async function talking(options: Partial<PhoneOptions> = {}) {
  const both = await phones(options);
  const answered = both.called.nextCall();
  const mine = await both.calling.call("called");
  return { ...both, mine, theirs: await answered };
}

const pressed = (call: PhoneCall, count: number): Promise<string> =>
  new Promise((resolve) => {
    call.leg.digits.on("digit", () => {
      if (call.digits.length === count) resolve(call.digits);
    });
  });

describe.each(["udp", "tcp"] as const)("two phones over %s", (transport) => {
  const server = { transport, host: "127.0.0.1", port: 9 };

  it("hear each other, each the other's tone, and press keys both ways", async () => {
    const { mine, theirs } = await talking({ server });
    expect(mine.leg.info).toEqual({ direction: "outbound", from: "calling", to: "called" });
    expect(theirs.leg.info).toEqual({ direction: "inbound", from: "calling", to: "called" });
    const [stopMine, stopTheirs] = [mine.sendTone(500), theirs.sendTone(800)];
    await Promise.all([mine.hears(800), theirs.hears(500)]);
    stopMine();
    stopTheirs();
    expect(mine.heard().tones([500, 800])).toEqual([800]);
    expect(theirs.heard().tones([500, 800])).toEqual([500]);
    const keys = [pressed(theirs, 3), pressed(mine, 2)];
    await Promise.all([mine.press("1#"), theirs.press("*D")]);
    await mine.press("0");
    expect(await Promise.all(keys)).toEqual(["1#0", "*D"]);
  });
});

describe("a call ends", () => {
  it.each([
    ["the caller", "mine", "theirs"],
    ["the called", "theirs", "mine"],
  ] as const)("for both when %s hangs up", async (_, who, other) => {
    const calls = await talking();
    await calls[who].hangup();
    expect(await calls[who].ended).toEqual({ reason: "completed", who: "us" });
    expect(await calls[other].ended).toEqual({ reason: "completed", who: "peer" });
  });

  it("for the other when a phone is switched off", async () => {
    const { called, mine } = await talking();
    await called.close();
    expect(await mine.ended).toEqual({ reason: "completed", who: "peer" });
    await called.close();
  });
});

describe("a phone that is called", () => {
  it.each([
    ["busy", { reason: "busy", who: "peer", sipStatus: 486 }],
    ["reject", { reason: "rejected", who: "peer", sipStatus: 603 }],
  ] as const)("and is told %s tells it", async (how, cause) => {
    const { calling } = await phones({ answering: { do: how } });
    const refused = await calling.call("called").catch((failure: unknown) => failure);
    expect(refused).toBeInstanceOf(CallNotAnswered);
    expect(refused).toMatchObject({ code: "call_not_answered", cause });
  });

  it("rings until the caller's patience ends, and is then cancelled", async () => {
    const clock = new VirtualClock();
    const { called, calling } = await phones({ clock, answering: { do: "ring" } });
    const ringing = new Promise((resolve) => called.events.on("ringing", resolve));
    const refused = calling.call("called", { timeoutMs: 20_000 }).catch((failure: unknown) => failure);
    expect(await ringing).toEqual({ from: "calling", to: "called" });
    await clock.advance(20_000);
    expect(await refused).toMatchObject({ cause: { reason: "no_answer", who: "us" } });
  });

  it("rings until the caller gives up", async () => {
    const { called, calling } = await phones({ answering: { do: "ring" } });
    const caller = new AbortController();
    called.events.on("ringing", () => caller.abort());
    await expect(calling.call("called", { signal: caller.signal })).rejects.toMatchObject({ cause: { reason: "cancelled", who: "us" } });
  });

  it("answers after as long as it is told to", async () => {
    const clock = new VirtualClock();
    const { called, calling } = await phones({ clock, answering: { do: "answer", afterMs: 5000 } });
    const ringing = new Promise((resolve) => called.events.on("ringing", resolve));
    let answers = 0;
    called.events.on("call", () => (answers += 1));
    const answered = calling.call("called");
    await ringing;
    await clock.advance(4999);
    expect(answers).toBe(0);
    await clock.advance(1);
    expect(answers).toBe(1);
    await (await answered).hangup();
  });
});

describe("a phone that is switched off", () => {
  it("gives up what it is dialling", async () => {
    const { called, calling } = await phones({ answering: { do: "ring" } });
    called.events.on("ringing", () => void calling.close());
    await expect(calling.call("called")).rejects.toMatchObject({ cause: { reason: "cancelled", who: "us" } });
  });

  it("refuses what is ringing", async () => {
    const { called, calling } = await phones({ answering: { do: "ring" }, server: { transport: "tcp", host: "127.0.0.1", port: 9 } });
    called.events.on("ringing", () => void called.close());
    await expect(calling.call("called")).rejects.toMatchObject({ cause: { reason: "rejected", who: "peer", sipStatus: 603 } });
  });
});

describe("a call on hold", () => {
  it("is silent for the held side until it is taken back", async () => {
    const { mine, theirs } = await talking();
    theirs.sendTone(800);
    mine.sendTone(500);
    await Promise.all([mine.hears(800), theirs.hears(500)]);
    expect(await mine.hold(true)).toBe(true);
    await theirs.hears(500);
    const before = mine.heard().samples.length;
    await theirs.hears(500, 400);
    expect(mine.heard().tones([800], (before / 8) + 100)).toEqual([]);
    expect(await mine.hold(false)).toBe(true);
    await mine.hears(800);
  });
});

describe("a call to nobody", () => {
  it("is told to be unreachable", async () => {
    const { calling, called } = await phones({ server: { transport: "tcp", host: "127.0.0.1", port: 9 } });
    await called.close();
    await expect(calling.call("called")).rejects.toMatchObject({ cause: { reason: "unreachable", who: "network" } });
  });
});
