import { afterEach, describe, expect, it } from "vitest";
import { Action, PiopiyAbortedError, PiopiyError, StreamAction } from "../index.ts";
import { dial, ramp, startBot, type Bot, type FakeServer } from "./fake-server.test.support.ts";
import { samplesOf } from "./framing.ts";
import type { StreamServerOptions, StreamSession } from "./index.ts";

// A session of the exact protocol, over real sockets, against a server that follows a script.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Talk {
  readonly bot: Bot;
  readonly server: FakeServer;
  readonly session: StreamSession;
}

async function talk(start: object = {}, options: Partial<StreamServerOptions> = {}): Promise<Talk> {
  const bot = await startBot(options);
  closing.push(() => bot.server.close());
  const server = await dial(`${bot.url}?user=7`, { protocol: "piopiy.v1" });
  closing.push(() => server.socket.terminate());
  server.start(start);
  server.tell("credit", { queued_ms: 0, free_ms: 60_000 });
  return { bot, server, session: await bot.session() };
}

const played = (utterance: number, heard_ms: number, complete = true) =>
  ({ utterance, heard_ms, complete, skipped_ms: 0, underrun_ms: 0, dropped_ms: 0 });
const heard = (utterance: number, heardMs: number, complete = true) =>
  ({ utterance, heardMs, complete, skippedMs: 0, underrunMs: 0, droppedMs: 0, exact: true });
const said = ({ server }: Talk, utterance: number) =>
  server.frames.filter((frame) => frame.utterance === utterance).flatMap(({ pcm }) => Array.from(samplesOf(pcm)));

describe("the facts of a call", () => {
  it("are those of start", async () => {
    const { session } = await talk({
      extra_params: '{"order":7}', parameters: { language: "en" }, listen_mode: "both",
      format: { encoding: "pcm_s16le", sample_rate: 16_000, channels: 1, frame_ms: 20 },
    });
    expect(session).toMatchObject({
      protocol: "v1", url: "/?user=7", callId: "call-1", streamId: "stream-1", legId: "leg-1", appId: "app-1", direction: "inbound", from: "100", to: "200",
      extraParams: { order: 7 }, parameters: { language: "en" }, listenMode: "both", sampleRate: 16_000, resumed: false,
    });
    expect(session.query.get("user")).toBe("7");
  });

  it.each([["any text", "any text"], [null, undefined], ["[1]", [1]]])("has extra_params %j as %j", async (extra_params, expected) => {
    expect((await talk({ extra_params })).session.extraParams).toEqual(expected);
  });
});

describe("what the party says", () => {
  it("comes from the first frame on, to each of several loops", async () => {
    const all: Promise<number[]>[] = [];
    const loop = async ({ audio }: StreamSession) => {
      const first: number[] = [];
      for await (const samples of audio) first.push(samples[0]!);
      return first;
    };
    const { server, session } = await talk({}, { onCall: (session) => void all.push(loop(session), loop(session)) });
    for (let at = 0; at < 5; at++) server.hear(ramp(160, at), at * 160);
    server.tell("stop", { reason: "call_ended", totals: { sent_ms: 100, unsent_ms: 0, received_ms: 0, played_ms: 0, dropped_ms: 0 } });
    expect(await Promise.all(all)).toEqual([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]);
    expect(await session.ended).toEqual({ reason: "call_ended", totals: { sentMs: 100, unsentMs: 0, receivedMs: 0, playedMs: 0, droppedMs: 0 } });
    expect(session.signal.reason).toMatchObject({ code: "aborted", message: "The stream is over: call_ended." });
  });

  it("goes to listeners, and a gap is told", async () => {
    const { server, session } = await talk();
    const frames: number[] = [];
    const gaps: unknown[] = [];
    session.onAudio((samples) => void frames.push(samples.length));
    session.on("gap", (gap) => void gaps.push(gap));
    const digit = new Promise((resolve) => session.onDtmf(resolve));
    server.hear(ramp(160), 2 ** 32 - 160);
    server.hear(ramp(160), 0);
    server.hear(ramp(160), 480);
    server.tell("dtmf", { digit: "#" });
    expect(await digit).toBe("#");
    expect([frames, gaps]).toEqual([[160, 160, 160], [{ missedMs: 40 }]]);
  });
});

describe("play", () => {
  it("says all of it and that it is all, and resolves with what the server has heard", async () => {
    const here = await talk();
    const result = here.session.play(ramp(4001));
    expect(await here.server.next()).toEqual({ type: "end", utterance: 1 });
    expect(said(here, 1)).toEqual([...ramp(4001)]);
    here.server.tell("played", { ...played(1, 480), skipped_ms: 1, underrun_ms: 2, dropped_ms: 3, complete: false });
    expect(await result).toEqual({ utterance: 1, heardMs: 480, complete: false, skippedMs: 1, underrunMs: 2, droppedMs: 3, exact: true });
  });

  it("says one after the other, in the order asked for, under the numbers asked for", async () => {
    const here = await talk();
    const live = (async function* () {
      for (let at = 0; at < 3; at++) yield ramp(100, at);
    })();
    const results = [here.session.play(live, { live: true }), here.session.play(ramp(160), { utterance: 77 }), here.session.play(ramp(160))];
    await here.server.until(() => here.server.texts.length === 3);
    expect(here.server.frames.map(({ utterance, live }) => [utterance, live])).toEqual([[1, true], [1, true], [1, true], [77, false], [2, false]]);
    for (const id of [1, 77, 2]) here.server.tell("played", played(id, 20));
    expect(await Promise.all(results)).toEqual([heard(1, 20), heard(77, 20), heard(2, 20)]);
  });

  it("sends samples of another rate as such", async () => {
    const { server, session } = await talk();
    void session.play(ramp(320), { sampleRate: 16_000 });
    expect(await server.next("audio")).toMatchObject({ utterance: 1, encoding: "pcm", sample_rate: 16_000, audio: Buffer.from(ramp(320).buffer).toString("base64") });
  });

  it("asks an iterable for no more than there is room for", async () => {
    const { server, session } = await talk({ limits: { queue_ms: 2000, message_bytes: 1 << 20 } });
    let made = 0;
    const endless = (async function* () {
      for (;;) {
        made += 1;
        yield ramp(800); // 100 ms
      }
    })();
    const stop = new AbortController();
    const result = session.play(endless, { signal: stop.signal });
    await server.until(() => server.frames.length === 10);
    server.tell("credit", { queued_ms: 1000, free_ms: 1000 });
    server.tell("credit", { queued_ms: 500, free_ms: 1500 });
    await server.until(() => server.frames.length === 15);
    expect(made).toBe(16);
    stop.abort();
    expect(await server.next("clear")).toEqual({ type: "clear", utterance: 1 });
    server.tell("played", played(1, 700, false));
    expect(await result).toEqual(heard(1, 700, false));
    expect(server.frames).toHaveLength(15);
  });

  it("tells the iterable to stop, and passes its failure on", async () => {
    const { server, session } = await talk();
    let returned = false;
    let asked: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => void (asked = resolve));
    const silent: AsyncIterable<Int16Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          asked();
          return new Promise(() => undefined);
        },
        return: () => {
          returned = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const stop = new AbortController();
    const never = session.play(silent, { signal: stop.signal });
    await begun;
    stop.abort();
    expect(await never).toEqual(heard(1, 0, false));
    const failing = (async function* () {
      yield ramp(160);
      throw new Error("no more");
    })();
    await expect(session.play(failing)).rejects.toThrow("no more");
    expect(await server.next()).toEqual({ type: "end", utterance: 2 });
    expect(returned).toBe(true);
  });

  it("has nothing to say of no audio", async () => {
    const { server, session } = await talk();
    expect(await session.play(new Int16Array())).toEqual(heard(1, 0));
    expect(server.frames).toEqual([]);
  });

  it("guesses what was not told when the stream is lost", async () => {
    const { server, session } = await talk();
    const result = session.play(ramp(8000));
    await server.next("end");
    server.socket.terminate();
    expect(await session.ended).toEqual({ reason: "lost", totals: undefined });
    const { heardMs, ...rest } = await result;
    expect(rest).toEqual({ utterance: 1, complete: false, skippedMs: 0, underrunMs: 0, droppedMs: 0, exact: false });
    expect(heardMs).toBeLessThan(1000);
  });
});

describe("clear and mark", () => {
  it("cuts off what is said, what waits, and the marks", async () => {
    const here = await talk();
    const { server, session } = here;
    const endless = (async function* () {
      for (;;) yield await new Promise<Int16Array>((resolve) => void setImmediate(() => resolve(ramp(160))));
    })();
    const first = session.play(endless);
    const second = session.play(ramp(160));
    const mark = session.mark("behind");
    await server.until(() => server.frames.length > 3);
    const cleared = session.clear();
    await server.next("clear");
    expect(await second).toEqual(heard(2, 0, false));
    server.tell("played", played(1, 60, false));
    server.tell("cleared", { utterances: [{ utterance: 1, heard_ms: 60 }], marks: [] });
    expect(await cleared).toEqual({ utterances: [{ utterance: 1, heardMs: 60 }, { utterance: 2, heardMs: 0 }], marks: ["behind"] });
    expect([await first, await mark]).toEqual([heard(1, 60, false), false]);
    expect(server.frames.some(({ utterance }) => utterance === 2)).toBe(false);
  });

  it("resolves marks in their order, reached or not", async () => {
    const { server, session } = await talk();
    const marks = [session.mark("a"), session.mark("a"), session.mark()];
    await server.until(() => server.texts.length === 3);
    server.tell("mark", { name: "a" });
    server.tell("cleared", { utterances: [], marks: ["a"] });
    server.tell("mark", { name: server.texts[2]!["name"] });
    expect(await Promise.all(marks)).toEqual([true, false, true]);
  });

  it("has nothing to clear of an utterance that is over", async () => {
    const { server, session } = await talk();
    expect(await session.clear(5)).toEqual({ utterances: [], marks: [] });
    expect(server.texts).toEqual([]);
  });
});

it("asks the call for what it can do", async () => {
  const { server, session } = await talk();
  session.sendDigits("1,#a");
  session.flow(new Action().playMusic("https://example.com/a.wav"));
  session.flow(new StreamAction().hangup());
  session.flow({ action: "hangup" });
  session.hangup("busy");
  session.hangup();
  session.transfer("+91 80 0000 0001", { timeout: 20 });
  session.transfer("sip:bob@example.com", { from: 918_000_000_000 });
  session.pause();
  session.resume("listening");
  session.stop();
  await server.until(() => server.texts.length === 11);
  expect(server.texts).toEqual([
    { type: "dtmf", digits: "1,#A" },
    { type: "flow", flow: [{ action: "play", file_url: "https://example.com/a.wav" }] },
    { type: "flow", flow: [{ action: "hangup" }] },
    { type: "flow", flow: [{ action: "hangup" }] },
    { type: "hangup", reason: "busy" },
    { type: "hangup" },
    { type: "transfer", to: { type: "pstn", number: 918_000_000_001 }, timeout: 20 },
    { type: "transfer", to: { type: "sip", uri: "sip:bob@example.com" }, from: 918_000_000_000 },
    { type: "pause", what: "playback" },
    { type: "resume", what: "listening" },
    { type: "stop" },
  ]);
});

it("throws when the stream is over", async () => {
  const { server, session } = await talk();
  server.socket.close(1000);
  expect(await session.ended).toMatchObject({ reason: "closed" });
  expect(() => session.hangup()).toThrow(PiopiyAbortedError);
  await expect(session.play(ramp(160))).rejects.toThrow("The stream is over: closed.");
  await expect(session.clear()).rejects.toBeInstanceOf(PiopiyError);
});

it("tells what the server tells, and what it lost", async () => {
  const { server, session } = await talk();
  const told: unknown[] = [];
  session.on("underrun", (event) => void told.push(event));
  session.on("overflow", (event) => void told.push(event));
  session.on("credit", (event) => void told.push(event));
  session.on("warning", (event) => void told.push(event));
  const last = new Promise((resolve) => session.onDtmf(resolve));
  server.tell("underrun", { utterance: 1, count: 2, missed_ms: 30 });
  server.tell("overflow", { utterance: 1 });
  server.tell("credit", { queued_ms: 5, free_ms: 6 });
  server.tell("warning", { issues: [{ path: "/x", message: "is wrong" }] });
  server.raw(JSON.stringify({ type: "news", seq: 7 }));
  server.raw("no JSON");
  server.raw(new Uint8Array(3));
  server.raw(JSON.stringify({ type: "dtmf", seq: 9, digit: "1" }));
  await last;
  expect(told).toEqual([
    { utterance: 1, count: 2, missedMs: 30 }, { utterance: 1 }, { queuedMs: 5, freeMs: 6 }, { issues: [{ path: "/x", message: "is wrong" }] },
    { issues: [{ path: "/type", message: expect.stringContaining("newer") }] },
    { issues: [{ path: "", message: "must be JSON" }] },
    { issues: [{ path: "", message: expect.stringContaining("header of 8 bytes") }] },
    { issues: [{ path: "/seq", message: "must be 8; got 9: messages of the server were lost" }] },
  ]);
});
