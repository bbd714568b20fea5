import { afterEach, describe, expect, it } from "vitest";
import { FRAME_SAMPLES, pcmBytes, toneSamples } from "../../audio/index.ts";
import { scope, seededIds, VirtualClock } from "../../base/index.ts";
import type { StreamConnection, StreamLine, StreamRequest } from "../../interpreter/index.ts";
import { startBotServer, type BotServer, type BotServerOptions } from "./bot-server.test.support.ts";
import { fakeCall } from "./line.test.support.ts";
import { reconnect, type Reconnecting } from "./reconnect.ts";
import { createStreamSockets } from "./stream-sockets.ts";

describe("reconnecting", () => {
  const run = (own: Partial<Reconnecting<string>>, signal = scope().signal) => {
    const clock = new VirtualClock();
    const tried: (readonly [string, number, number])[] = [];
    const told: number[] = [];
    const done = reconnect<string>({
      clock, ids: seededIds(3), windowMs: 30_000, urls: ["a", "b"],
      connect(url, timeoutMs) {
        tried.push([url, clock.monotonicMs(), timeoutMs]);
        return Promise.reject(new Error("refused"));
      },
      waiting: (waitMs) => void told.push(waitMs),
      ...own,
    }, signal);
    return { clock, tried, told, done };
  };
  const waits = (times: readonly number[]) => times.map((time, at) => time - (times[at - 1] ?? 0));

  it("waits 100 ms, and twice as long each time up to 2 s, a quarter more or less", async () => {
    const { clock, tried, told, done } = run({});
    expect(await clock.runUntil(done)).toMatchObject({ attempts: tried.length });
    const waited = waits(tried.map(([, atMs]) => atMs));
    const expected = [100, 200, 400, 800, 1600, 2000, 2000, 2000];
    expected.forEach((about, at) => expect(Math.abs(waited[at]! - about)).toBeLessThanOrEqual(about / 4));
    expect(told).toEqual([waited[0]]);
    expect(new Set(waited.slice(5)).size).toBeGreaterThan(1);
    expect(tried.at(-1)?.[1]).toBeGreaterThan(27_000);
    expect(clock.monotonicMs()).toBeLessThan(30_000);
  });

  it("takes the addresses by turns, and gives none of them more than is left", async () => {
    const { clock, tried, done } = run({ windowMs: 4000 });
    await clock.runUntil(done);
    expect(tried.map(([url]) => url)).toEqual(tried.map((_, at) => "ab"[at % 2]));
    for (const [, atMs, timeoutMs] of tried) expect(timeoutMs).toBe(Math.min(3000, 4000 - atMs));
  });

  it("ends with the first that succeeds", async () => {
    let count = 0;
    const { clock, done } = run({ connect: (url) => (count++ < 2 ? Promise.reject(new Error("refused")) : Promise.resolve(url)) });
    const result = await clock.runUntil(done);
    expect(result).toMatchObject({ connected: "a", attempts: 3, awayMs: Math.round(clock.monotonicMs()) });
    expect(clock.timers).toBe(0);
  });

  it("ends when the call is over", async () => {
    const life = scope();
    const { clock, tried, done } = run({}, life.signal);
    await clock.advance(1000);
    const before = tried.length;
    life.close();
    expect(await done).toEqual({ attempts: before, awayMs: 1000 });
    expect([tried.length, clock.timers]).toEqual([before, 0]);
  });

  it("spreads the calls of a bot over half of each wait", async () => {
    const first = Array.from({ length: 50 }, (_, seed) => run({ ids: seededIds(seed + 1), windowMs: 200 }).told[0]!);
    expect([Math.min(...first), Math.max(...first)].map((wait) => Math.round(wait / 10))).toEqual([8, 12]);
  });
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function botServer(options?: BotServerOptions): Promise<BotServer> {
  const bot = await startBotServer(options);
  closers.push(() => bot.close());
  return bot;
}

/** A stream in the exact protocol, and time that stands still but for what is waited for. */
async function streaming(bot: BotServer, more: Partial<StreamRequest> = {}) {
  const clock = new VirtualClock();
  const sockets = createStreamSockets({ allowPrivate: true, clock, ids: seededIds() });
  closers.push(() => sockets.close());
  const call = fakeCall();
  const changes: StreamConnection[] = [];
  const waiting: ((change: StreamConnection) => void)[] = [];
  const connection: StreamLine["connection"] = (change) => {
    changes.push(change);
    waiting.shift()?.(change);
  };
  const life = scope();
  const request: StreamRequest = {
    id: "a stream", url: bot.url, sampleRateHz: 8000, listenMode: "caller", speaks: "v1",
    call: { callId: "a call", legId: "a leg", appid: "1", from: "2", to: "3", direction: "inbound" },
    ...more,
  };
  const stream = await sockets.port.open(request, { ...call.line, connection }, life.signal);
  return {
    clock, sockets, call, life, stream, changes,
    said: await bot.taken(),
    changed: () => new Promise<StreamConnection>((told) => waiting.push(told)),
  };
}

const tone = toneSamples({ frequencyHz: 440, durationMs: 8000 });

describe("a stream whose connection is lost", () => {
  it("is taken up again with its token; what happened meanwhile is told, and what was said is sent", async () => {
    const bot = await botServer();
    const { clock, sockets, call, life, stream, said, changed, changes } = await streaming(bot);
    const start = await said.told("start");
    expect(start["resume"]).toEqual({ token: expect.stringMatching(/^[A-Za-z0-9]{32}$/), resumed: false, replayed_ms: 0, missed_ms: 0 });
    call.hold(true);
    // Three utterances: they go on being heard while the bot is away.
    for (const id of [1, 2, 3]) said.socket.send(JSON.stringify({ type: "audio", utterance: id, audio: Buffer.from(pcmBytes(tone.subarray(0, 800))).toString("base64"), last: true }));
    said.socket.send(JSON.stringify({ type: "mark", name: "behind" }));
    const pong = new Promise((answered) => said.socket.once("pong", answered));
    said.socket.ping();
    await pong;
    const lost = changed();
    said.socket.terminate();
    expect(await lost).toMatchObject({ type: "lost", by: "network", code: 1006, waitMs: expect.any(Number) });
    const before = said.texts.length;
    call.hold(false);
    await clock.advance(0);
    call.press("5");
    for (let at = 0; at < 200 * FRAME_SAMPLES; at += FRAME_SAMPLES) call.say(tone.subarray(at, at + FRAME_SAMPLES));
    const resumed = changed();
    await clock.advance(130);
    expect(await resumed).toMatchObject({ type: "resumed", attempts: 1 });
    const again = await bot.taken();
    expect(again.headers["piopiy-resume"]).toBe(Object(start["resume"]).token);
    expect((await again.told("start"))["resume"]).toEqual({ token: Object(start["resume"]).token, resumed: true, replayed_ms: 4000, missed_ms: 0 });
    await again.told("mark");
    life.close();
    await stream.ended;
    await again.closed;
    expect(again.texts.map(({ type }) => type)).toEqual(["start", "credit", "played", "played", "played", "mark", "dtmf", "stop"]);
    const seqs = [...said.texts.slice(0, before), ...again.texts].map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, at) => at + 1));
    expect(again.texts[2]).toMatchObject({ utterance: 1, heard_ms: 100, complete: true });
    expect(again.frames).toHaveLength(200);
    expect(call.heard()).toHaveLength(2400);
    expect(changes.map(({ type }) => type)).toEqual(["lost", "resumed"]);
    await sockets.close();
    expect([sockets.statistics(), call.listeners, clock.timers]).toMatchObject([{ open: 0, resumed: 1 }, 0, 0]);
  });

  it.each<[string, number, boolean]>([
    ["is over when its bot stays away", 1500, true],
    ["goes on when it is back at once", 200, false],
  ])("in the middle of an utterance that has been heard so far %s", async (_, awayMs, over) => {
    const bot = await botServer();
    const { clock, call, said, changed } = await streaming(bot);
    const utter = ({ socket }: typeof said, more: object = {}) =>
      socket.send(JSON.stringify({ type: "audio", utterance: 1, audio: Buffer.from(pcmBytes(tone.subarray(0, 800))).toString("base64"), ...more }));
    utter(said);
    const pong = new Promise((answered) => said.socket.once("pong", answered));
    said.socket.ping();
    await pong;
    const { port } = new URL(bot.url);
    const lost = changed();
    await bot.close();
    await lost;
    await clock.advance(awayMs);
    // What is played now, the music among it, waits for it no more.
    expect(call.playing).toBe(over ? 0 : 1);
    const back = await startBotServer({ port: Number(port) });
    closers.push(() => back.close());
    while (back.count === 0) await clock.advance(50);
    const again = await back.taken();
    utter(again, { last: true });
    const [played] = await Promise.all([again.told("played"), over && again.told("warning")]);
    expect(played).toMatchObject({ utterance: 1, heard_ms: over ? 100 : 200, complete: !over });
  });

  it.each<[string, number, number]>([
    ["is heard when its bot stays away: nobody else could end the silence", 1500, 800],
    ["waits on for a bot that is back at once", 200, 0],
  ])("what was paused %s", async (_, awayMs, heard) => {
    const bot = await botServer();
    const { clock, call, said, changed } = await streaming(bot);
    said.socket.send(JSON.stringify({ type: "pause" }));
    said.socket.send(JSON.stringify({ type: "audio", utterance: 1, audio: Buffer.from(pcmBytes(tone.subarray(0, 800))).toString("base64"), last: true }));
    const pong = new Promise((answered) => said.socket.once("pong", answered));
    said.socket.ping();
    await pong;
    expect([call.heard().length, call.playing]).toEqual([0, 1]);
    const { port } = new URL(bot.url);
    const lost = changed();
    await bot.close();
    await lost;
    await clock.advance(awayMs);
    expect([call.heard().length, call.playing]).toEqual([heard, heard > 0 ? 0 : 1]);
    const back = await startBotServer({ port: Number(port) });
    closers.push(() => back.close());
    while (back.count === 0) await clock.advance(50);
    const again = await back.taken();
    if (heard === 0) again.socket.send(JSON.stringify({ type: "resume" }));
    expect(await again.told("played")).toMatchObject({ utterance: 1, heard_ms: 100, complete: true });
    expect(call.heard()).toHaveLength(800);
  });

  it("keeps the last 5 s of what the party says", async () => {
    const bot = await botServer();
    const { clock, call, said, changed } = await streaming(bot);
    const lost = changed();
    said.socket.terminate();
    await lost;
    for (let at = 0; at < 400 * FRAME_SAMPLES; at += FRAME_SAMPLES) call.say(tone.subarray(at, at + FRAME_SAMPLES));
    await clock.advance(130);
    const again = await bot.taken();
    expect((await again.told("start"))["resume"]).toMatchObject({ replayed_ms: 5000, missed_ms: 3000 });
  });

  it("goes to its standby and back, by turns", async () => {
    const [bot, standby] = [await botServer(), await botServer()];
    const { clock, changed, changes } = await streaming(bot, { standbyUrl: standby.url });
    const lost = changed();
    const port = Number(new URL(bot.url).port);
    await bot.close();
    await lost;
    while (standby.count === 0) await clock.advance(50);
    const there = await standby.taken();
    expect(there.headers["piopiy-resume"]).toHaveLength(32);
    const first = await startBotServer({ port });
    closers.push(() => first.close());
    await standby.close();
    while (first.count === 0) await clock.advance(50);
    expect((await (await first.taken()).told("start"))["resume"]).toMatchObject({ resumed: true });
    expect(changes.map(({ type }) => type)).toEqual(["lost", "resumed", "lost", "resumed"]);
  });

  it("is given up when its time is over", async () => {
    const bot = await botServer();
    const { clock, stream, changed, changes } = await streaming(bot, { reconnectMs: 5000 });
    const lost = changed();
    await bot.close();
    await lost;
    const end = stream.ended;
    for (let second = 0; second < 100; second++) await clock.advance(50);
    expect(await end).toMatchObject({ by: "network", code: 1006 });
    expect(changes.at(-1)).toMatchObject({ type: "gone", attempts: expect.any(Number), awayMs: expect.any(Number) });
    expect(clock.timers).toBe(0);
  });

  it("ends with the call, also while the bot is away", async () => {
    const bot = await botServer();
    const { clock, life, stream, said, changed, changes } = await streaming(bot);
    const lost = changed();
    said.socket.terminate();
    await lost;
    life.close();
    expect(await stream.ended).toMatchObject({ by: "us", code: 1000 });
    expect(changes.at(-1)).toMatchObject({ type: "gone", attempts: 0 });
    expect([bot.count, clock.timers]).toEqual([1, 0]);
  });

  it("ends with the server, also while the bot is away", async () => {
    const bot = await botServer();
    const { clock, sockets, stream, said, changed } = await streaming(bot);
    const lost = changed();
    said.socket.terminate();
    await lost;
    await sockets.close();
    expect(await stream.ended).toMatchObject({ by: "us" });
    expect(clock.timers).toBe(0);
  });

  it.each<[number, Partial<StreamRequest>, boolean]>([
    [1000, {}, false],
    [1001, {}, false],
    [1011, {}, true],
    [1012, {}, true],
    [1013, {}, true],
    [1014, {}, true],
    [4000, {}, false],
    [1011, { reconnectMs: 0 }, false],
    [1011, { speaks: "compatible" }, false],
    [1011, { speaks: "twilio" }, false],
    [1011, { speaks: "compatible", reconnectMs: 1000 }, true],
  ])("closed by its bot with %i and %j is tried again: %s", async (code, more, again) => {
    const bot = await botServer();
    const { life, stream, said, changed, changes } = await streaming(bot, more);
    const lost = changed();
    said.socket.close(code);
    if (again) {
      await lost;
      life.close();
    }
    const { by } = await stream.ended;
    expect([by, changes[0]?.type]).toEqual(again ? ["us", "lost"] : ["bot", undefined]);
  });

  it("is lost when pings are not answered", async () => {
    const bot = await botServer();
    const { clock, said, changed } = await streaming(bot);
    said.socket.pause();
    const lost = changed();
    await clock.advance(40_000);
    expect(await lost).toMatchObject({ type: "lost", reason: "no answer to pings" });
  });
});
