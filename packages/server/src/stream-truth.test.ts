import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audible, FRAME_MS, pcmBytes, resample, tonePower, toneSamples } from "./audio/index.ts";
import { seededIds, systemClock, type Ids } from "./base/index.ts";
import { startBot, type Bot, type BotCall, type BotMessage } from "./bot.test.support.ts";
import { receivedBy } from "./received.test.support.ts";
import { callerId, startWorld, until, type World } from "./server-world.test.support.ts";
import { watchStalls } from "./stalls.test.support.ts";

// The exact protocol on real calls: what the bot is told is what the far phone has recorded.

/** Each has a whole number of waves in 5 ms, so that a block of that length belongs to one of them alone. */
const tones = [400, 800, 1200, 1600, 2000, 2400, 2800, 3200] as const;
const callerTone = 600;
/** Said at the end: once it is heard, everything before it has come. */
const endTone = 3600;
const BLOCK_SAMPLES = 40;
const BLOCK_MS = 5;

let world: World;
const bots: Bot[] = [];
beforeAll(async () => {
  world = await startWorld({ phones: 12, workers: 1, phoneWorkers: 1 });
});
afterAll(async () => {
  await until("the end of every call", () => world.server.calls() === 0 || undefined);
  await until("the end of every socket", () => bots.every((bot) => bot.connections === 0) || undefined);
  await world.close();
  for (const bot of bots) await bot.close();
});

/** A call with a bot of the exact protocol on it. */
async function talking(more: { readonly voice_quality?: number; readonly parameters?: object } = {}) {
  const [phone, bot] = await Promise.all([world.phone(), startBot()]);
  bots.push(bot);
  const [dialled, rings] = [bot.call(), phone.nextCall()];
  const id = await world.call(phone.username, [{ action: "stream", ws_url: bot.url, protocol: "v1", ...more }]);
  const [said, call] = await Promise.all([dialled, rings]);
  const received = receivedBy(call, [...tones, endTone]);
  /** So much of the call goes by. */
  const pass = (ms: number) => said.hears(said.frames.length + Math.ceil(ms / FRAME_MS));
  /** All of it that was received, now that nothing more is said than an end. */
  const recording = async (utterance: number) => {
    const end = toneSamples({ frequencyHz: endTone, durationMs: 100 });
    said.utter(utterance, pcmBytes(more.voice_quality === 16_000 ? resample(end, 8000, 16_000) : end), { last: true });
    await received.hears(endTone, 60);
    return received.samples();
  };
  return { id, phone, call, received, bot: said, pass, recording };
}

/** For how long each tone stands in a recording, to 5 ms at each of its ends. */
function heardOf(samples: Int16Array): ReadonlyMap<number, number> {
  const heard = new Map<number, number>();
  for (let at = 0; at + BLOCK_SAMPLES <= samples.length; at += BLOCK_SAMPLES) {
    const block = samples.subarray(at, at + BLOCK_SAMPLES);
    const tone = audible(block) ? tones.find((frequencyHz) => tonePower(block, frequencyHz) > 0.6) : undefined;
    if (tone !== undefined) heard.set(tone, (heard.get(tone) ?? 0) + BLOCK_MS);
  }
  return heard;
}

const toneOf = (utterance: number): number => tones[(utterance - 1) % tones.length] ?? 400;
const audioOf = (utterance: number, durationMs: number, rateHz = 8000) =>
  pcmBytes(resample(toneSamples({ frequencyHz: toneOf(utterance), durationMs }), 8000, rateHz));

/** As a bot does it: in chunks that have nothing to do with samples or frames, binary or as JSON. */
function utter(bot: BotCall, utterance: number, bytes: Uint8Array, ids: Ids): void {
  const json = ids.integer(2) === 0;
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + ids.integer(6000));
    const [pcm, last] = [bytes.subarray(at, end), end === bytes.length];
    if (json) bot.json({ type: "audio", utterance, audio: Buffer.from(pcm).toString("base64"), last });
    else bot.utter(utterance, pcm, { last });
    at = end;
  }
}

const number = (message: BotMessage, field: string): number => Number(message[field]);

describe.concurrent("what a bot of the exact protocol is told", () => {
  it.each([[11, 8000], [12, 16_000], [13, 8000]])("to have been heard stands in the phone's recording, cut wherever (%i, %i Hz)", async (seed, rateHz) => {
    const ids = seededIds(seed);
    const { call, bot, pass, recording } = await talking({ voice_quality: rateHz });
    await bot.told("start");
    const count = tones.length;
    for (let utterance = 1; utterance <= count; utterance++) {
      utter(bot, utterance, audioOf(utterance, 200 + ids.integer(900), rateHz), ids);
      await pass(ids.integer(500));
      const cut = ids.integer(3);
      if (cut === 0) bot.json({ type: "clear" });
      if (cut === 1) bot.json({ type: "clear", utterance });
    }
    const heard = heardOf(await recording(count + 1));
    const [end, ...others] = (await bot.told("played", count + 1)).toReversed();
    const played = others.toReversed();
    bot.json({ type: "hangup" });
    await call.ended;
    expect(played.map((message) => message["utterance"])).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    const differences = played.map((message) => Math.abs(number(message, "heard_ms") - (heard.get(toneOf(number(message, "utterance"))) ?? 0)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(20);
    expect(played.some((message) => message["complete"] === false)).toBe(true);
    const stop = (await bot.told("stop"))[0];
    expect(end).toMatchObject({ utterance: count + 1, heard_ms: 100, complete: true });
    const total = played.reduce((sum, message) => sum + number(message, "heard_ms"), 100);
    expect(stop).toMatchObject({ reason: "call_ended", totals: { dropped_ms: 0, played_ms: total } });
  });

  it("to be cleared is silent at the phone within 40 ms", async () => {
    const { call, bot, pass } = await talking();
    let lastToneMs = 0;
    const stop = call.leg.audio.listen((frame) => {
      if (audible(frame)) lastToneMs = systemClock.monotonicMs();
    });
    const lags: number[] = [];
    for (let utterance = 1; utterance <= 6; utterance++) {
      bot.utter(utterance, audioOf(utterance, 5000), { last: true });
      await call.hears(toneOf(utterance), 100);
      await pass(37 * utterance);
      const stalls = watchStalls();
      const clearedMs = systemClock.monotonicMs();
      bot.json({ type: "clear" });
      await bot.told("cleared", utterance);
      await pass(200);
      lags.push(lastToneMs - clearedMs - stalls.ms());
      stalls.stop();
    }
    stop();
    await call.hangup();
    // What kept the threads of the media waiting is no delay of ours, nor what kept this one.
    const [late, sorted] = [await world.lateMs(), lags.toSorted((a, b) => a - b)];
    expect(sorted[2]).toBeLessThanOrEqual(40 + (late > 20 ? late : 0));
    expect(sorted.at(-1)).toBeLessThanOrEqual(40 + Math.max(20, late));
    const cleared = await bot.told("cleared", 6);
    expect(cleared.map((message) => message["utterances"])).toEqual(bot.messages.filter(({ type }) => type === "played").map((message) => [
      { utterance: message["utterance"], heard_ms: message["heard_ms"] },
    ]));
  });

  it("is a mark in its place, and all goes on over a pause of the playback", async () => {
    const { call, bot, pass, recording } = await talking();
    bot.utter(1, audioOf(1, 600));
    bot.json({ type: "mark", name: "in the first" });
    bot.utter(1, audioOf(1, 600), { last: true });
    bot.json({ type: "mark", name: "behind the first" });
    bot.utter(2, audioOf(2, 600), { last: true });
    bot.json({ type: "mark", name: "at the end" });
    await call.hears(tones[0], 200);
    bot.json({ type: "pause" });
    await pass(200);
    const paused = bot.messages.length;
    await pass(1500);
    expect(bot.messages.slice(paused)).toEqual([]);
    bot.json({ type: "resume" });
    await bot.told("mark", 3);
    const heard = heardOf(await recording(3));
    await bot.told("played", 3);
    await call.hangup();
    await bot.told("stop");
    const order = bot.messages.flatMap(({ type, name, utterance, complete }) => (type === "mark" ? [name] : type === "played" ? [[utterance, complete]] : []));
    expect(order).toEqual(["in the first", [1, true], "behind the first", [2, true], "at the end", [3, true]]);
    expect(Math.abs((heard.get(tones[0]) ?? 0) - 1200)).toBeLessThanOrEqual(20);
    expect(Math.abs((heard.get(tones[1]) ?? 0) - 600)).toBeLessThanOrEqual(20);
  });
});

describe.concurrent("a bot of the exact protocol", () => {
  it.each([[8000, 328], [16_000, 648]])("hears and is heard at %i Hz", async (rateHz, bytes) => {
    const { call, received, bot } = await talking({ voice_quality: rateHz, parameters: { customer: "42" } });
    call.sendTone(callerTone);
    const [start] = await bot.told("start");
    expect(start).toMatchObject({
      seq: 1, version: 1, direction: "outbound", from: callerId, parameters: { customer: "42" }, listen_mode: "caller",
      format: { encoding: "pcm_s16le", sample_rate: rateHz, channels: 1, frame_ms: 20 }, limits: { queue_ms: 60_000 },
    });
    bot.utter(1, audioOf(1, 1500, rateHz), { last: true });
    await Promise.all([received.hears(tones[0], 1400), until("the caller's tone at the bot", () =>
      tonePower(resample(bot.heard(8), rateHz, 8000).slice(-2400), callerTone) > 0.9 || undefined)]);
    expect(new Set(bot.frames.map((frame) => frame.length))).toEqual(new Set([bytes]));
    await call.hangup();
    await bot.told("stop");
    expect(bot.messages.map(({ seq }) => seq)).toEqual(bot.messages.map((_, index) => index + 1));
    expect(bot.messages.at(-1)?.type).toBe("stop");
    expect(await bot.closed).toBe(1000);
  });

  it("hears keys and presses some", async () => {
    const { call, bot } = await talking();
    await bot.told("start");
    await call.press("1#");
    expect((await bot.told("dtmf", 2)).map(({ digit }) => digit)).toEqual(["1", "#"]);
    bot.json({ type: "dtmf", digits: "42*" });
    await until("the keys at the phone", () => call.digits === "42*" || undefined);
    await call.hangup();
  });

  it("puts a party through", async () => {
    const other = await world.phone();
    const { call, bot } = await talking();
    await bot.told("start");
    const picksUp = other.nextCall();
    bot.json({ type: "transfer", to: other.username });
    const human = await picksUp;
    human.sendTone(callerTone);
    await call.hears(callerTone);
    await Promise.all([human.hangup(), call.hangup()]);
  });

  it("stops when everything was heard, and the call goes on", async () => {
    const { call, bot } = await talking();
    bot.utter(1, audioOf(1, 400), { last: true });
    bot.json({ type: "stop" });
    const [stop] = await bot.told("stop");
    expect(stop).toMatchObject({ reason: "stopped", totals: { played_ms: 400, received_ms: 400 } });
    expect(bot.messages.filter(({ type }) => type === "played")).toMatchObject([{ utterance: 1, heard_ms: 400, complete: true }]);
    expect(await bot.closed).toBe(1000);
    await call.ended;
  });
});
