import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseWav, resample, tonePower, tonesPresent, toneSamples, toneSpans, WAV_HEADER_BYTES, wavFile } from "./audio/index.ts";
import { concatSamples } from "./base/index.ts";
import { startBot, pcmBytes, samplesOf, type Bot, type BotCall } from "./bot.test.support.ts";
import { receivedBy } from "./received.test.support.ts";
import { heardMs, startReceiver, startWorld, toneWav, until, type CallRecord, type Receiver, type World } from "./server-world.test.support.ts";

const tones = { caller: 440, other: 880, bot: 1000, file: 620 } as const;
const all: readonly number[] = Object.values(tones);
const inbound = "15550777";
const later = "15550778";

let world: World;
let hooks: Receiver;
let inboundBot: Bot;
beforeAll(async () => {
  inboundBot = await startBot();
  hooks = await startReceiver(() => ({}));
  const stream = { action: "stream", ws_url: inboundBot.url };
  const app = { appid: "7654321", secret: "a secret of these tests", event_url: `${hooks.url}/event` };
  world = await startWorld({
    phones: 30,
    // Media beside this thread: what the bots do shall not make it stutter.
    workers: 1,
    phoneWorkers: 1,
    config: {
      apps: [app],
      numbers: [
        { number: inbound, pcmo: [stream] },
        { number: later, pcmo: [{ ...stream, ws_url: `${inboundBot.url}/later`, stream_on_answer: true }, { action: "hangup" }] },
      ],
    },
  });
  await world.media("file.wav", toneWav(tones.file, 400));
  await world.media("long.wav", toneWav(tones.file, 20_000));
});
const bots: Bot[] = [];
afterAll(async () => {
  await until("the end of every call", () => world.server.calls() === 0 || undefined);
  expect(await world.metric("piopiy_media_sessions")).toBe(0);
  await until("the end of every socket", () => [inboundBot, ...bots].every((bot) => bot.connections === 0) || undefined);
  await world.close();
  for (const bot of [inboundBot, ...bots]) await bot.close();
  await hooks.close();
});

async function newBot(): Promise<Bot> {
  const bot = await startBot();
  bots.push(bot);
  return bot;
}

const stream = (bot: Bot, more: object = {}) => ({ action: "stream", ws_url: bot.url, ...more });
const play = { action: "play", file_name: "file.wav" };
const data = (record: CallRecord, type: string) => record.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);
const tone = (durationMs: number) => pcmBytes(toneSamples({ frequencyHz: tones.bot, durationMs }));

/** A call with a bot on it. */
async function streaming(pcmo: (bot: Bot) => readonly unknown[] = (bot) => [stream(bot)]) {
  const [phone, bot] = await Promise.all([world.phone(), newBot()]);
  const [dialled, rings] = [bot.call(), phone.nextCall()];
  const id = await world.call(phone.username, pcmo(bot));
  const [said, call] = await Promise.all([dialled, rings]);
  return { id, phone, call, received: receivedBy(call, all), bot: said, server: bot };
}

/** Resolves once the bot has heard these tones, and no others, for a third of a second. */
async function botHears(bot: BotCall, expected: readonly number[]) {
  await until(`${expected.join()} at the bot`, () => {
    const heard = bot.heard().slice(-2640);
    return (heard.length === 2640 && tonesPresent(heard, all).join() === expected.join()) || undefined;
  });
}

describe.concurrent("a stream", () => {
  it.each([[8000, 320], [16_000, 640]])("lets the bot hear the caller at %i Hz, in frames that make a WAV file", async (rate, bytes) => {
    const { id, call, bot } = await streaming((server) => [stream(server, { voice_quality: rate })]);
    call.sendTone(tones.caller);
    const heard = () => {
      const wav = parseWav(wavFile({ sampleRateHz: rate, channels: 1 }, bot.heard()));
      return heardMs(toneSpans(resample(wav.samples, rate, 8000), all), tones.caller);
    };
    await bot.hears(50);
    await until("the caller's tone at the bot", () => heard() >= 500 || undefined);
    expect(new Set(bot.frames.map((frame) => frame.length))).toEqual(new Set([bytes]));
    expect(bot.texts).toEqual([]);
    await call.hangup();
    const record = await world.ended(id);
    const [closed] = data(record, "stream.closed");
    expect(closed).toMatchObject({ by: "us", code: 1000, unsentMs: 0, receivedMs: 0 });
    expect(await bot.closed).toBe(1000);
    expect(closed?.["sentMs"]).toBe(bot.frames.length * 20);
  });

  it("lets the caller hear the bot, without a gap between its chunks", async () => {
    const { id, call, received, bot } = await streaming();
    const bytes = tone(1500);
    for (let at = 0; at < bytes.length; at += 777) bot.say(bytes.subarray(at, at + 777));
    await received.hears(tones.bot, 800);
    // The socket is closed in the middle of a word: it is heard to its end.
    bot.socket.close(1000, "bye");
    await call.ended;
    // A gap would have been filled with what fades out of the tone.
    expect(Math.abs(received.ms(tones.bot) - 1500)).toBeLessThanOrEqual(20);
    const record = await world.ended(id);
    expect(data(record, "stream.closed")).toMatchObject([{ by: "bot", code: 1000, reason: "bye", receivedMs: 1500, playedMs: 1500, droppedMs: 0 }]);
    expect(record.cause).toBe("completed");
  });

  it.each([["binary frames", 8000], ["binary frames", 16_000], ["streamAudio", 8000], ["streamAudio", 16_000]] as const)(
    "works with a bot that was written for the wire as it was: %s at %i Hz, both ways at once",
    async (way, rate) => {
      const { id, call, received, bot } = await streaming((server) => [stream(server, { voice_quality: rate })]);
      call.sendTone(tones.caller);
      // Frame by frame, as the bot hears the call: each is a WAV file of its own, and what it says goes by the same clock.
      const said = pcmBytes(resample(toneSamples({ frequencyHz: tones.bot, durationMs: 1600 }), 8000, rate));
      const size = rate / 25;
      let at = 0;
      const files: Uint8Array[] = [];
      bot.socket.on("message", (frame: Buffer, isBinary) => {
        if (!isBinary) return;
        files.push(wavFile({ sampleRateHz: rate, channels: 1 }, samplesOf(new Uint8Array(frame))));
        const portion = said.subarray(at, at + size);
        at += size;
        if (portion.length === 0) return;
        if (way === "binary frames") bot.socket.send(portion);
        else bot.say(portion, "raw", rate);
      });
      await received.hears(tones.bot, 1000);
      await until("a second of the caller at the bot", () => files.length >= 80 || undefined);
      const heard = resample(concatSamples(files.map((file) => parseWav(file).samples)), rate, 8000);
      expect(tonePower(heard.slice(-4000), tones.caller)).toBeGreaterThan(0.9);
      expect(new Set(files.map(({ length }) => length))).toEqual(new Set([WAV_HEADER_BYTES + size]));
      await until("the bot's last word", () => at >= said.length || undefined);
      await call.hangup();
      expect(bot.texts).toEqual([]);
      const [closed] = data(await world.ended(id), "stream.closed");
      expect(closed).toMatchObject({ by: "us", unsentMs: 0, droppedMs: 0 });
      expect(Number(closed?.["receivedMs"])).toBeGreaterThan(1500);
    },
  );

  it("is silent soon after break, and speaks again", async () => {
    const { call, received, bot } = await streaming();
    bot.say(tone(10_000));
    await call.hears(tones.bot, 300);
    bot.json({ action: "break" });
    bot.say(toneWav(tones.other, 300), "wav");
    await received.hears(tones.other, 260);
    bot.json([{ action: "hangup" }]);
    await call.ended;
    // From the beginning until the phone had heard 300 ms and told so, and not ten seconds.
    expect(received.ms(tones.bot)).toBeLessThan(1500);
  });

  it("goes on beside the flow, and keeps the call up when that is over", async () => {
    const { id, call, received, bot } = await streaming((server) => [stream(server), play]);
    await received.hears(tones.file, 300);
    bot.say(tone(300));
    await received.hears(tones.bot, 260);
    expect((await world.record(id)).status).toBe("answered");
    bot.json({ action: "stop" });
    expect(await call.ended).toEqual({ reason: "completed", who: "peer" });
    expect(data(await world.ended(id), "stream.closed")).toMatchObject([{ by: "bot", reason: "stop" }]);
  });

  it("that is stopped leaves the flow as it is", async () => {
    const { id, call, bot } = await streaming((server) => [stream(server), play, { action: "play", file_name: "long.wav" }]);
    bot.json({ action: "stop" });
    await bot.closed;
    await call.hears(tones.file, 1000);
    await call.hangup();
    expect((await world.ended(id)).timeline.filter(({ type }) => type === "flow.replaced")).toEqual([]);
  });

  it("lets the bot put somebody through, and hang up", async () => {
    const other = await world.phone();
    const { id, call, bot } = await streaming((server) => [stream(server), { action: "play", file_name: "long.wav" }]);
    await call.hears(tones.file);
    const picksUp = other.nextCall();
    bot.json([{ action: "bridge", connect: [{ type: "pstn", number: other.username }] }]);
    const human = await picksUp;
    call.sendTone(tones.caller);
    human.sendTone(tones.other);
    await Promise.all([human.hears(tones.caller), call.hears(tones.other)]);
    bot.json([{ action: "hangup" }]);
    await Promise.all([call.ended, human.ended]);
    expect(data(await world.ended(id), "flow.replaced")).toMatchObject([{ actions: 1, by: "stream" }, { actions: 1, by: "stream" }]);
  });

  it("hears who it is asked to hear, as the parties come and go", async () => {
    const [caller, callee, both, other] = await Promise.all([newBot(), newBot(), newBot(), world.phone()]);
    const modes = [[caller, "caller"], [callee, "callee"], [both, "both"]] as const;
    const dialled = Promise.all(modes.map(([bot]) => bot.call()));
    const phone = await world.phone();
    const [rings, picksUp] = [phone.nextCall(), other.nextCall()];
    const bridge = { action: "bridge", connect: [{ type: "pstn", number: other.username }] };
    await world.call(phone.username, [...modes.map(([bot, mode]) => stream(bot, { listen_mode: mode })), play, bridge]);
    const [onA, onB, onBoth] = await dialled;
    const call = await rings;
    call.sendTone(tones.caller);
    const human = await picksUp;
    human.sendTone(tones.other);
    await Promise.all([botHears(onA!, [tones.caller]), botHears(onB!, [tones.other]), botHears(onBoth!, [tones.caller, tones.other])]);
    await human.hangup();
    await Promise.all([onA, onB, onBoth].map((bot) => botHears(bot!, [tones.caller])));
    await call.hangup();
  });

  it("may be one of two: a bot that talks and one that listens", async () => {
    const monitor = await newBot();
    const listens = monitor.call();
    const { call, bot } = await streaming((server) => [stream(server), stream(monitor, { listen_mode: "both" })]);
    call.sendTone(tones.caller);
    bot.say(tone(3000));
    await Promise.all([botHears(bot, [tones.caller]), botHears(await listens, [tones.caller, tones.bot])]);
    await call.hangup();
    expect([await bot.closed, await (await listens).closed]).toEqual([1000, 1000]);
  });

  it("can be paused and resumed", async () => {
    const { call, received, bot } = await streaming();
    await bot.hears(10);
    bot.json({ action: "pause" });
    const reached = () => new Promise((pong) => bot.socket.once("pong", pong).ping());
    await reached();
    const before = bot.frames.length;
    bot.say(tone(400));
    await received.hears(tones.bot, 360);
    expect(bot.frames.length).toBe(before);
    bot.json({ action: "resume" });
    await bot.hears(before + 10);
    await call.hangup();
  });

  it("that cannot be opened is told, and the flow goes on", async () => {
    const phone = await world.phone();
    const rings = phone.nextCall();
    const id = await world.call(phone.username, [{ action: "stream", ws_url: "ws://127.0.0.1:9/secret" }, play]);
    const call = await rings;
    await call.ended;
    const record = await world.ended(id);
    expect(data(record, "stream.failed")).toMatchObject([{ code: "stream_failed", message: expect.stringContaining("ECONNREFUSED") }]);
    expect(heardMs(call.heard().spans(all), tones.file)).toBeGreaterThan(200);
    expect(JSON.stringify(record)).not.toContain("secret");
  });

  it("answers a call that comes in, unless it shall wait for an answer", async () => {
    const phone = await world.phone();
    const dialled = inboundBot.call();
    const call = await phone.call(inbound);
    const received = receivedBy(call, all);
    const bot = await dialled;
    bot.say(tone(300));
    await received.hears(tones.bot, 260);
    await call.hangup();
    await expect(phone.call(later)).rejects.toMatchObject({ cause: { reason: "rejected" } });
    expect(inboundBot.connections).toBe(0);
  });

  it("is told to the app", async () => {
    const { id, call, bot } = await streaming((server) => [stream(server), { action: "stream", ws_url: "ws://127.0.0.1:9/" }]);
    await bot.hears(5);
    bot.socket.close(4000, "enough");
    await call.ended;
    await world.ended(id);
    const told = await until("the events of the streams", () => {
      const events = hooks.received.map(({ body }) => body).filter(({ request_id: request }) => request === id);
      return events.some(({ status }) => status === "out_hangup") ? events.filter(({ ws_status: status }) => status) : undefined;
    });
    expect(Object.fromEntries(told.map(({ status, ws_status: json }) => [status, JSON.parse(String(json))]))).toEqual({
      stream_connected: { status: "connected" },
      stream_disconnected: { status: "disconnected", message: { code: 4000, reason: "enough" } },
      stream_error: { status: "error", message: { retries: 0, error: expect.stringContaining("ECONNREFUSED"), wait_time: 0 } },
    });
  });
});
