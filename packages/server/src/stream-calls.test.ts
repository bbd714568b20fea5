import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tonesPresent, toneSamples } from "./audio/index.ts";
import { pcmBytes, startBot, type Bot, type BotCall } from "./bot.test.support.ts";
import { receivedBy } from "./received.test.support.ts";
import { startWorld, toneWav, until, type CallRecord, type World } from "./server-world.test.support.ts";

// A stream's place in a call: what else happens on it, on real calls, in the exact protocol.

const tones = { caller: 440, other: 880, bot: 1000, file: 620, third: 740 } as const;
const all: readonly number[] = Object.values(tones);
const onAnswer = "15550780";
const HEADER_BYTES = 8;

let world: World;
let answerBot: Bot;
let answering: string;
beforeAll(async () => {
  answerBot = await startBot();
  answering = "919100000032";
  world = await startWorld({
    phones: 32, workers: 1, phoneWorkers: 1,
    config: {
      numbers: [{
        number: onAnswer,
        pcmo: [
          { action: "stream", ws_url: answerBot.url, protocol: "v1", stream_on_answer: true },
          { action: "bridge", connect: [{ type: "pstn", number: answering }] },
        ],
      }],
    },
  });
  await world.media("file.wav", toneWav(tones.file, 400));
  await world.media("long.wav", toneWav(tones.file, 20_000));
});
const bots: Bot[] = [];
afterAll(async () => {
  await until("the end of every call", () => world.server.calls() === 0 || undefined);
  await until("the end of every socket", () => [answerBot, ...bots].every((bot) => bot.connections === 0) || undefined);
  expect([await world.metric("piopiy_media_sessions"), await world.metric("piopiy_streams_open")]).toEqual([0, 0]);
  await world.close();
  for (const bot of [answerBot, ...bots]) await bot.close();
});

async function newBot(): Promise<Bot> {
  const bot = await startBot();
  bots.push(bot);
  return bot;
}

const stream = (bot: Bot, more: object = {}) => ({ action: "stream", ws_url: bot.url, protocol: "v1", ...more });
const long = { action: "play", file_name: "long.wav" };
const data = (record: CallRecord, type: string) => record.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);
const tone = (durationMs: number, frequencyHz: number = tones.bot) => pcmBytes(toneSamples({ frequencyHz, durationMs }));

/** A call with streams on it, each with its listen mode. */
async function streaming(modes: readonly string[] = ["caller"], rest: readonly object[] = []) {
  const [phone, ...servers] = await Promise.all([world.phone(), ...modes.map(newBot)]);
  const dialled = Promise.all(servers.map((server) => server.call()));
  const rings = phone.nextCall();
  const id = await world.call(phone.username, [...servers.map((server, at) => stream(server, { listen_mode: modes[at] })), ...rest]);
  const [[bot, ...others], call] = await Promise.all([dialled, rings]);
  await bot!.told("start");
  return { id, phone, call, received: receivedBy(call, all), bot: bot!, others };
}

/** Resolves once the bot has heard these tones, and no others, for a third of a second. */
async function hears(bot: BotCall, expected: readonly number[]) {
  await until(`${expected.join()} at the bot`, () => {
    const heard = bot.heard(HEADER_BYTES).slice(-2640);
    return (heard.length === 2640 && tonesPresent(heard, all).join() === expected.join()) || undefined;
  });
}

describe.concurrent("a stream and a bridge", () => {
  it("hears the parties that it is asked to hear: before the bridge, while it lasts, after it, and in the next one", async () => {
    const [b, c] = await Promise.all([world.phone(), world.phone()]);
    const { id, call, bot: caller, others: [callee, both] } = await streaming(["caller", "callee", "both"]);
    call.sendTone(tones.caller);
    const alone = () => Promise.all([caller, callee!, both!].map((bot) => hears(bot, [tones.caller])));
    await alone();
    for (const [phone, frequencyHz] of [[b, tones.other], [c, tones.third]] as const) {
      const picksUp = phone.nextCall();
      caller.json({ type: "transfer", to: phone.username });
      const other = await picksUp;
      other.sendTone(frequencyHz);
      const together = [tones.caller, frequencyHz].toSorted((one, two) => all.indexOf(one) - all.indexOf(two));
      await Promise.all([hears(caller, [tones.caller]), hears(callee!, [frequencyHz]), hears(both!, together), other.hears(tones.caller)]);
      await other.hangup();
      await alone();
    }
    await call.hangup();
    const record = await world.ended(id);
    expect(data(record, "bridge.finished")).toHaveLength(2);
    expect(data(record, "stream.closed")).toMatchObject([{ by: "us" }, { by: "us" }, { by: "us" }]);
    expect(record.timeline.filter(({ type }) => type === "warning")).toEqual([]);
  });

  it("leaves the bridge be when its bot is done", async () => {
    const b = await world.phone();
    const { id, call, bot } = await streaming();
    const picksUp = b.nextCall();
    bot.json({ type: "transfer", to: b.username });
    const other = await picksUp;
    const stop = call.sendTone(tones.caller);
    await other.hears(tones.caller);
    bot.json({ type: "stop" });
    expect(await bot.closed).toBe(1000);
    stop();
    other.sendTone(tones.other);
    await call.hears(tones.other, 400);
    await other.hangup();
    await call.ended;
    expect(data(await world.ended(id), "stream.closed")).toMatchObject([{ by: "bot", reason: "stop" }]);
  });

  it("goes on when nobody could be reached", async () => {
    const { call, received, bot, id } = await streaming();
    bot.json({ type: "transfer", to: world.unregistered() });
    await until("the bridge", async () => (data(await world.record(id), "action.finished").some((entry) => entry?.["action"] === "bridge") ? true : undefined));
    bot.utter(1, tone(400), { last: true });
    await received.hears(tones.bot, 360);
    bot.json({ type: "hangup" });
    expect(await call.ended).toMatchObject({ reason: "completed" });
  });
});

describe.concurrent("a stream on a call that is held", () => {
  it("waits with what it says, hears silence, and goes on where it was", async () => {
    const { id, call, received, bot } = await streaming();
    call.sendTone(tones.caller);
    bot.utter(1, tone(2500), { last: true });
    bot.json({ type: "mark", name: "said" });
    await call.hears(tones.bot, 500);
    await world.act(id, "hold");
    await hears(bot, []);
    const frames = bot.frames.length;
    const before = received.ms(tones.bot);
    // The frames go on: what is recorded of them stays in step.
    await bot.hears(frames + 25);
    expect(received.ms(tones.bot)).toBe(before);
    expect(bot.messages.filter(({ type }) => type === "played" || type === "mark")).toEqual([]);
    await world.act(id, "unhold");
    const [played] = await bot.told("played");
    expect(played).toMatchObject({ utterance: 1, heard_ms: 2500, complete: true, skipped_ms: 0, underrun_ms: 0 });
    await bot.told("mark");
    await hears(bot, [tones.caller]);
    await received.hears(tones.bot, 2480);
    await call.hangup();
    expect(Math.abs(received.ms(tones.bot) - 2500)).toBeLessThanOrEqual(40);
    const positions = bot.frames.map((frame) => new DataView(frame.buffer).getUint32(4, true));
    expect(positions).toEqual(positions.map((_, at) => at * 160));
  });

  it("can be interrupted meanwhile: nothing of it is heard afterwards", async () => {
    const { id, call, received, bot } = await streaming();
    bot.utter(1, tone(10_000), { last: true });
    await call.hears(tones.bot, 300);
    await world.act(id, "hold");
    bot.json({ type: "clear" });
    const [cleared] = await bot.told("cleared");
    const [played] = await bot.told("played");
    expect(cleared).toMatchObject({ utterances: [{ utterance: 1, heard_ms: played?.["heard_ms"] }] });
    await world.act(id, "unhold");
    bot.utter(2, tone(400, tones.other), { last: true });
    await received.hears(tones.other, 380);
    expect(Math.abs(received.ms(tones.bot) - Number(played?.["heard_ms"]))).toBeLessThanOrEqual(40);
    await call.hangup();
  });

  it("goes on when the far phone has put us on hold and come back", async () => {
    const { call, received, bot } = await streaming();
    call.sendTone(tones.caller);
    await hears(bot, [tones.caller]);
    expect(await call.hold(true)).toBe(true);
    bot.utter(1, tone(600), { last: true });
    const frames = bot.frames.length;
    await bot.hears(frames + 25);
    expect(bot.messages.filter(({ type }) => type === "played")).toEqual([]);
    expect(await call.hold(false)).toBe(true);
    // The phone takes nothing while it holds us: what is said is not lost, it is said now.
    await received.hears(tones.bot, 560);
    expect((await bot.told("played"))[0]).toMatchObject({ utterance: 1, heard_ms: 600, complete: true });
    await hears(bot, [tones.caller]);
    await call.hangup();
  });
});

describe.concurrent("a bot and a monitor", () => {
  it("hear each its own, and neither notices the other's end", async () => {
    const { id, call, bot, others: [monitor] } = await streaming(["caller", "both"]);
    call.sendTone(tones.caller);
    bot.utter(1, tone(6000), { last: true });
    await Promise.all([hears(bot, [tones.caller]), hears(monitor!, [tones.caller, tones.bot])]);
    monitor!.socket.close(1000);
    await monitor!.closed;
    await call.hears(tones.bot, 400);
    bot.json({ type: "clear" });
    await bot.told("cleared");
    bot.json({ type: "hangup", reason: "busy" });
    await call.ended;
    expect(data(await world.ended(id), "stream.closed")).toMatchObject([{ by: "bot", code: 1000 }, { by: "us" }]);
  });
});

describe.concurrent("what a bot does with the call", () => {
  it("begins when another action has answered it", async () => {
    const [phone, human] = await Promise.all([world.phone(), world.phone({ username: answering, password: `password of ${answering}` })]);
    const picksUp = human.nextCall();
    const dialled = answerBot.call();
    const call = await phone.call(onAnswer);
    const [bot, other] = await Promise.all([dialled, picksUp]);
    call.sendTone(tones.caller);
    await Promise.all([hears(bot, [tones.caller]), other.hears(tones.caller)]);
    expect((await bot.told("start"))[0]).toMatchObject({ direction: "inbound", from: phone.username, to: onAnswer, listen_mode: "caller" });
    await other.hangup();
    await call.hangup();
    await bot.closed;
  });

  it("presses keys, and is told of those that are pressed", async () => {
    const { call, bot } = await streaming();
    await call.press("1*#9");
    expect((await bot.told("dtmf", 4)).map(({ digit }) => digit)).toEqual(["1", "*", "#", "9"]);
    bot.json({ type: "dtmf", digits: "42#" });
    await until("the keys at the phone", () => call.digits === "42#" || undefined);
    bot.json({ type: "dtmf", digits: "what?" });
    await bot.told("warning");
    expect(call.digits).toBe("42#");
    await call.hangup();
  });

  it("refuses a flow that is none, and performs one in place of what is under way", async () => {
    const { id, call, bot } = await streaming(["caller"], [long, { action: "hangup" }]);
    await call.hears(tones.file, 200);
    bot.json({ type: "flow", flow: [{ action: "input", prompt: { type: "speak", text: "Please press a key." }, on_result: { type: "http", url: "http://127.0.0.1:9/" } }, { action: "play" }] });
    const [warned] = await bot.told("warning");
    expect(warned).toMatchObject({ issues: expect.arrayContaining([{ path: expect.any(String), message: expect.any(String) }]) });
    bot.json({ type: "flow", flow: [{ action: "play", file_name: "file.wav" }, { action: "play", file_name: "file.wav" }, { action: "hangup" }] });
    expect(await call.ended).toMatchObject({ who: "peer" });
    const record = await world.ended(id);
    expect(data(record, "flow.replaced")).toEqual([{ actions: 3, dropped: 1, by: "stream" }]);
    expect(bot.messages.at(-1)).toMatchObject({ type: "stop", reason: "call_ended" });
  });

  it("is told the end of the call, with what was said of it", async () => {
    const { call, bot } = await streaming();
    bot.utter(1, tone(10_000), { last: true });
    await call.hears(tones.bot, 300);
    await call.hangup();
    expect(await bot.closed).toBe(1000);
    const stop = bot.messages.at(-1);
    const played = bot.messages.find(({ type }) => type === "played");
    expect(played).toMatchObject({ type: "played", utterance: 1, complete: false });
    expect(stop).toMatchObject({
      type: "stop", reason: "call_ended",
      totals: { received_ms: 10_000, played_ms: played?.["heard_ms"], sent_ms: bot.frames.length * 20 },
    });
    expect(bot.messages.map(({ seq }) => seq)).toEqual(bot.messages.map((_, at) => at + 1));
  });
});
