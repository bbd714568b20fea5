import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { WebSocket } from "ws";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../base/clock.ts";
import { PiopiyValidationError } from "../index.ts";
import { dial, ramp, startBot, startOf } from "./fake-server.test.support.ts";
import { createStreamServer, type StreamServerOptions } from "./index.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function botOf(options: Partial<StreamServerOptions> = {}) {
  const bot = await startBot(options);
  closing.push(() => bot.server.close());
  return bot;
}

async function dialled(...args: Parameters<typeof dial>) {
  const server = await dial(...args);
  closing.push(() => server.socket.terminate());
  return server;
}

/** The status an upgrade is answered with; 101 when it is taken. */
function statusOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers });
    closing.push(() => socket.terminate());
    socket.on("error", () => undefined);
    socket.once("open", () => resolve(101));
    socket.once("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
  });
}

describe("who is let in", () => {
  const secret = "a secret of streams";
  const now = () => Math.floor(systemClock.now() / 1000);
  const sign = (target: string, seconds = now(), key = secret) => `t=${seconds},v1=${createHmac("sha256", key).update(`${seconds}.${target}`).digest("hex")}`;
  const header = (value: string) => ({ "Piopiy-Signature": value });

  it.each([
    ["signed in the header", 101, "/a?b=1&c=%20", header(sign("/a?b=1&c=%20"))],
    ["signed in the query", 101, `/a?b=1&piopiy_signature=${encodeURIComponent(sign("/a?b=1"))}`, {}],
    ["signed in a query of its own", 101, `/a?piopiy_signature=${encodeURIComponent(sign("/a"))}`, {}],
    ["signed with the older secret", 101, "/a", header(sign("/a", now(), "the older secret"))],
    ["signed in both", 101, `/a?piopiy_signature=${encodeURIComponent(sign("/a"))}`, header(sign("/a"))],
    ["not signed", 401, "/a", {}],
    ["signed with another secret", 401, "/a", header(sign("/a", now(), "x"))],
    ["signed for another path", 401, "/b", header(sign("/a"))],
    ["signed for another query", 401, "/a?b=2", header(sign("/a?b=1"))],
    ["signed long ago", 401, "/a", header(sign("/a", now() - 301))],
    ["signed for a time to come", 401, "/a", header(sign("/a", now() + 400))],
    ["signed with nonsense", 401, "/a", header("nonsense")],
  ])("%s: %i", async (_, status, path, headers) => {
    const bot = await botOf({ secrets: [secret, "the older secret"] });
    expect(await statusOf(`${bot.url.slice(0, -1)}${path}`, headers)).toBe(status);
  });

  it.each([["/bot", 101], ["/bot?x=1", 101], ["/bot/42", 101], ["/bots", 404], ["/", 404]])("%s where /bot is asked for: %i", async (path, status) => {
    const bot = await botOf({ path: "/bot" });
    expect(bot.url).toBe(`ws://127.0.0.1:${bot.server.port}/bot`);
    expect(await statusOf(`ws://127.0.0.1:${bot.server.port}${path}`)).toBe(status);
  });

  it("asks others to upgrade", async () => {
    const { url } = await botOf();
    expect((await fetch(url.replace("ws:", "http:"))).status).toBe(426);
  });
});

it("takes the upgrades of a server that is there already, and leaves it running", async () => {
  const http = createServer((_, response) => void response.end("still here"));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  closing.push(() => http.close());
  const bot = await startBot({ server: http, port: undefined, host: undefined });
  const server = await dialled(bot.url, { protocol: "piopiy.v1" });
  server.start();
  await bot.session();
  await bot.server.close();
  expect(await server.closed).toBe(1001);
  expect(await (await fetch(bot.url.replace("ws:", "http:"), { headers: { connection: "close" } })).text()).toBe("still here");
});

it("says so when the port is taken", async () => {
  const first = await botOf();
  const errors: unknown[] = [];
  const second = createStreamServer({ port: first.server.port, host: "127.0.0.1", onCall: () => undefined, onError: (error) => void errors.push(error) });
  await expect(second.ready).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(errors).toHaveLength(1);
  await second.close();
});

it.each([
  ["port", { port: undefined }], ["port", { port: 70_000 }], ["onCall", { onCall: "x" }], ["secrets", { secrets: [] }], ["secrets", { secrets: ["a", ""] }],
  ["path", { path: "bot" }], ["sampleRate", { sampleRate: 44_100 }], ["resumeMs", { resumeMs: -1 }], ["toleranceSeconds", { toleranceSeconds: Number.NaN }],
  ["host", { host: "" }], ["onErorr", { onErorr: () => undefined }],
])("refuses a wrong %s", (name, options) => {
  const given = { port: 0, onCall: () => undefined, ...options };
  const open: (options: never) => unknown = createStreamServer;
  expect(() => Reflect.apply(open, undefined, [given])).toThrow(PiopiyValidationError);
  expect(() => Reflect.apply(open, undefined, [given])).toThrow(`options.${name}`);
});

describe("what a bot does wrong", () => {
  it.each(["piopiy.v1", undefined])("ends its stream with 1011 and is told (%s)", async (protocol) => {
    const bot = await botOf({ onCall: () => Promise.reject(new Error("a bug")) });
    const server = await dialled(bot.url, protocol === undefined ? {} : { protocol });
    if (protocol) server.start();
    expect(await server.closed).toBe(1011);
    const session = await bot.session();
    expect(await session.ended).toEqual({ reason: "failed", totals: undefined });
    expect(bot.errors).toMatchObject([{ message: "a bug" }]);
  });

  it("in a listener is told, and harms nobody", async () => {
    const bot = await botOf({
      onCall(session) {
        session.onDtmf(() => {
          throw new Error("a bug");
        });
      },
    });
    const server = await dialled(bot.url, { protocol: "piopiy.v1" });
    server.start();
    const session = await bot.session();
    const pressed = new Promise((resolve) => session.onDtmf(resolve));
    server.tell("dtmf", { digit: "5" });
    expect(await pressed).toBe("5");
    expect(bot.errors).toMatchObject([{ message: "a bug" }]);
  });

  it("is no failure when it is that the stream was over", async () => {
    const bot = await botOf({
      async onCall(session) {
        await session.ended;
        await session.play(ramp(160));
      },
    });
    const server = await dialled(bot.url, { protocol: "piopiy.v1" });
    server.start();
    server.socket.close(1000);
    await (await bot.session()).ended;
    await bot.server.close();
    expect(bot.errors).toEqual([]);
  });

  it.each([
    ["audio before start", (raw: (frame: string | Uint8Array) => void) => raw(new Uint8Array(8))],
    ["another message before start", (raw: (frame: string | Uint8Array) => void) => raw('{"type":"dtmf","seq":1,"digit":"1"}')],
    ["a start that is none", (raw: (frame: string | Uint8Array) => void) => raw('{"type":"start","seq":1}')],
  ])("a server that sends %s is hung up on with 1002", async (_, send) => {
    const server = await dialled((await botOf()).url, { protocol: "piopiy.v1" });
    send((frame) => server.raw(frame));
    expect(await server.closed).toBe(1002);
  });
});

describe("a lost connection", () => {
  const resume = (resumed: boolean, token = "token-1") => ({ resume: { token, resumed, replayed_ms: resumed ? 20 : 0, missed_ms: resumed ? 40 : 0 } });

  it("goes on in the same session when the server comes back", async () => {
    const bot = await botOf();
    const first = await dialled(bot.url, { protocol: "piopiy.v1" });
    first.start(resume(false));
    const session = await bot.session();
    const events: unknown[] = [];
    session.on("lost", () => void events.push("lost"));
    session.on("resumed", (event) => void events.push(event));
    session.on("gap", (event) => void events.push(event));
    session.on("warning", (event) => void events.push(event));
    const frames: number[] = [];
    session.onAudio((samples) => void frames.push(samples[0]!));
    const playing = session.play(ramp(1600));
    await first.next("end");
    first.hear(ramp(160, 1), 0);
    const lost = new Promise((resolve) => session.on("lost", resolve));
    first.socket.terminate();
    await lost;
    const waiting = session.play(ramp(160, 5));
    session.sendDigits("1");
    const second = await dialled(bot.url, { protocol: "piopiy.v1", headers: { "Piopiy-Resume": "token-1" }, seq: 1 });
    second.start(resume(true, "token-2"));
    second.hear(ramp(160, 2), 480);
    second.tell("played", { utterance: 1, heard_ms: 200, complete: true, skipped_ms: 0, underrun_ms: 0, dropped_ms: 0 });
    expect(await playing).toMatchObject({ heardMs: 200, complete: true, exact: true });
    await second.until(() => second.frames.length === 2 && second.texts.length === 2);
    // What was ended on the lost connection is ended again: none of it may have arrived.
    expect(second.frames.map(({ utterance, last, pcm }) => [utterance, last, pcm.length])).toEqual([[1, true, 0], [2, false, 320]]);
    expect(second.texts).toEqual([{ type: "dtmf", digits: "1" }, { type: "end", utterance: 2 }]);
    second.tell("played", { utterance: 2, heard_ms: 20, complete: true, skipped_ms: 0, underrun_ms: 0, dropped_ms: 0 });
    expect(await waiting).toMatchObject({ utterance: 2, heardMs: 20, exact: true });
    expect(frames).toEqual([1, 2]);
    expect(events).toEqual(["lost", { replayedMs: 20, missedMs: 40 }, { missedMs: 40 }]);
    // And once more, with the newer token.
    second.socket.terminate();
    const third = await dialled(bot.url, { protocol: "piopiy.v1", headers: { "Piopiy-Resume": "token-2" }, seq: 4 });
    third.start(resume(true, "token-3"));
    third.tell("stop", { reason: "stopped", totals: { sent_ms: 0, unsent_ms: 0, received_ms: 0, played_ms: 0, dropped_ms: 0 } });
    expect(await session.ended).toMatchObject({ reason: "stopped" });
  });

  it("is taken over by the new one before it is known to be lost, and a clear is said again", async () => {
    const bot = await botOf();
    const first = await dialled(bot.url, { protocol: "piopiy.v1" });
    first.start(resume(false));
    const session = await bot.session();
    const cleared = session.clear();
    await first.next("clear");
    const second = await dialled(bot.url, { protocol: "piopiy.v1", headers: { "Piopiy-Resume": "token-1" }, seq: 1 });
    second.start(resume(true));
    expect(await first.closed).toBe(1001);
    await second.next("clear");
    second.tell("cleared", { utterances: [], marks: [] });
    expect(await cleared).toEqual({ utterances: [], marks: [] });
    expect(session.signal.aborted).toBe(false);
  });

  it("has lost what did not arrive, and says so", async () => {
    const bot = await botOf();
    const first = await dialled(bot.url, { protocol: "piopiy.v1" });
    first.start(resume(false));
    const session = await bot.session();
    const lost = new Promise((done) => session.on("lost", done));
    const playing = session.play(ramp(1600));
    await first.next("end");
    first.socket.terminate();
    await lost;
    const cleared = session.clear(9);
    const all = session.clear();
    const second = await dialled(bot.url, { protocol: "piopiy.v1", headers: { "Piopiy-Resume": "token-1" }, seq: 1 });
    second.start(resume(true));
    await second.next("clear");
    second.tell("played", { utterance: 1, heard_ms: 60, complete: true, skipped_ms: 0, underrun_ms: 0, dropped_ms: 0 });
    second.tell("cleared", { utterances: [], marks: [] });
    expect(await playing).toEqual({ utterance: 1, heardMs: 60, complete: false, skippedMs: 0, underrunMs: 0, droppedMs: 140, exact: true });
    expect([await cleared, await all]).toEqual([{ utterances: [], marks: [] }, { utterances: [], marks: [] }]);
    expect(second.texts.filter(({ type }) => type === "clear")).toHaveLength(1);
  });

  it("is waited for no longer than said", async () => {
    const bot = await botOf({ resumeMs: 1 });
    const server = await dialled(bot.url, { protocol: "piopiy.v1" });
    server.start(resume(false));
    const session = await bot.session();
    server.socket.terminate();
    expect(await session.ended).toEqual({ reason: "lost", totals: undefined });
  });

  it("to another process begins a new session that knows of it", async () => {
    const bot = await botOf();
    const server = await dialled(bot.url, { protocol: "piopiy.v1", headers: { "Piopiy-Resume": "of an earlier process" }, seq: 17 });
    server.start(resume(true));
    const session = await bot.session();
    expect(session.resumed).toBe(true);
    void session.play(ramp(160));
    await server.next("end");
    // The earlier process has given small numbers already.
    expect(server.frames[0]!.utterance).toBeGreaterThan(1000);
  });

  it("does not come back to a bot that has failed", async () => {
    const bot = await botOf({ onCall: () => Promise.reject(new Error("a bug")) });
    const server = await dialled(bot.url, { protocol: "piopiy.v1" });
    server.start(resume(false));
    expect(await server.closed).toBe(1011);
    expect(await statusOf(bot.url, { "Piopiy-Resume": "token-1" })).toBe(410);
  });
});

it("closes what it has opened, and can tell servers to come back", async () => {
  const bot = await startBot();
  const server = await dialled(bot.url, { protocol: "piopiy.v1" });
  server.tell("start", startOf());
  const compatible = await dialled(bot.url);
  const early = await dialled(bot.url, { protocol: "piopiy.v1" });
  const [one, other] = await Promise.all([bot.session(), bot.session()]);
  await bot.server.close({ restart: true });
  expect(await Promise.all([server.closed, compatible.closed, early.closed])).toEqual([1012, 1012, 1012]);
  expect([await one.ended, await other.ended]).toMatchObject([{ reason: "server_closed" }, { reason: "server_closed" }]);
});

it("leaves nothing behind", async () => {
  const open = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)).sort();
  const before = open();
  const bot = await startBot({ resumeMs: 60_000 });
  for (let at = 0; at < 30; at += 1) {
    const server = await dial(bot.url, at % 2 === 0 ? { protocol: "piopiy.v1" } : {});
    if (at % 2 === 0) server.start({ resume: { token: `token-${at}`, resumed: false, replayed_ms: 0, missed_ms: 0 } });
    const session = await bot.session();
    void session.play(ramp(8000));
    void session.audio[Symbol.asyncIterator]().next();
    server.socket.terminate();
    if (at % 2 === 1) await session.ended;
  }
  await bot.server.close();
  // Whoever runs this test has timers of its own, which come and go; one of ours would stay for 20 s or more.
  const left = () => open().filter((name, at, all) => all.indexOf(name) + before.filter((one) => one === name).length <= at);
  const startMs = systemClock.monotonicMs();
  while (left().length > 0 && systemClock.monotonicMs() - startMs < 15_000) await new Promise((resolve) => void setImmediate(resolve));
  expect(left()).toEqual([]);
});
