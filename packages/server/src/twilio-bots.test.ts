import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { g711, tonesPresent, toneSamples } from "./audio/index.ts";
import { concatSamples } from "./base/index.ts";
import { startBot, type Bot, type BotCall } from "./bot.test.support.ts";
import { receivedBy } from "./received.test.support.ts";
import { app, startWorld, until, type World } from "./server-world.test.support.ts";

// Bots that were written for Twilio Media Streams, on real calls.

const tones = { caller: 440, bot: 1000, other: 880 } as const;
const all: readonly number[] = Object.values(tones);

let world: World;
const bots: Bot[] = [];
beforeAll(async () => {
  world = await startWorld({ phones: 6, workers: 1, phoneWorkers: 1 });
});
afterAll(async () => {
  await until("the end of every call", () => world.server.calls() === 0 || undefined);
  await until("the end of every socket", () => bots.every((bot) => bot.connections === 0) || undefined);
  await world.close();
  for (const bot of bots) await bot.close();
});

interface Message {
  readonly event: string;
  readonly sequenceNumber?: string;
  readonly streamSid?: string;
  readonly start?: { readonly callSid: string; readonly customParameters: object; readonly tracks: readonly string[] };
  readonly media?: { readonly chunk: string; readonly timestamp: string; readonly payload: string };
  readonly mark?: { readonly name: string };
  readonly dtmf?: { readonly digit: string };
}

/** A call with such a bot on it, which has been told of the stream. */
async function streaming(more: object = {}) {
  const [phone, server] = await Promise.all([world.phone(), startBot()]);
  bots.push(server);
  const [dialled, rings] = [server.call(), phone.nextCall()];
  const id = await world.call(phone.username, [{ action: "stream", ws_url: server.url, dialect: "twilio", ...more }]);
  const [bot, call] = await Promise.all([dialled, rings]);
  const told = (): readonly Message[] => bot.texts.map((text) => JSON.parse(text));
  const find = (test: (message: Message) => boolean, what: string) => until(what, () => told().find(test));
  const { streamSid = "" } = await find(({ event }) => event === "start", "start");
  return { id, call, received: receivedBy(call, all), bot, told, find, streamSid, say: speaker(bot, streamSid) };
}

function speaker(bot: BotCall, streamSid: string) {
  const send = (event: string, more: object = {}) => bot.json({ event, streamSid, ...more });
  return {
    /** A tone, in messages of 20 ms unless told. */
    tone(frequencyHz: number, durationMs: number, bytes = 160) {
      const codes = g711.PCMU.encode(toneSamples({ frequencyHz, durationMs }));
      for (let at = 0; at < codes.length; at += bytes) send("media", { media: { payload: Buffer.from(codes.subarray(at, at + bytes)).toString("base64") } });
    },
    mark: (name: string) => send("mark", { mark: { name } }),
    clear: () => send("clear"),
  };
}

/** What the bot has heard. */
const heard = (told: readonly Message[]) =>
  concatSamples(told.flatMap(({ media }) => (media ? [g711.PCMU.decode(Buffer.from(media.payload, "base64"))] : [])));

describe.concurrent("a bot written for Twilio Media Streams", () => {
  it("hears the caller in numbered messages of 20 ms, and its keys, between start and stop", async () => {
    const { id, call, bot, told, find } = await streaming({ parameters: { customer: "42" }, voice_quality: 16_000 });
    call.sendTone(tones.caller);
    await until("the caller's tone", () => (tonesPresent(heard(told()).slice(-4000), all).join() === "440" && heard(told()).length > 4000) || undefined);
    await call.press("7");
    await find(({ dtmf }) => dtmf?.digit === "7", "the key");
    await call.hangup();
    await bot.closed;
    const messages = told();
    expect(bot.frames).toEqual([]);
    expect(messages.map(({ event }) => event).filter((event, at, events) => event !== events[at - 1])).toEqual(
      ["connected", "start", "media", "dtmf", "media", "stop"],
    );
    expect(messages.slice(1).map(({ sequenceNumber }) => Number(sequenceNumber))).toEqual(Array.from(messages.slice(1), (_, at) => at + 1));
    const media = messages.flatMap((message) => message.media ?? []);
    expect(media.map(({ chunk }) => Number(chunk))).toEqual(media.map((_, at) => at + 1));
    expect(media.map(({ timestamp }) => Number(timestamp))).toEqual(media.map((_, at) => at * 20));
    expect(new Set(media.map(({ payload }) => Buffer.from(payload, "base64").length))).toEqual(new Set([160]));
    const { call_id: callId } = await world.record(id);
    expect(messages[1]).toMatchObject({
      start: { callSid: `CA${callId.replaceAll("-", "")}`, accountSid: `AC${app.appid.padStart(32, "0")}`, tracks: ["inbound"], customParameters: { customer: "42" } },
    });
  });

  it("is heard without a gap, and told where it is by its marks", async () => {
    const { call, received, bot, told, find, say } = await streaming();
    say.mark("at once");
    await find(({ mark }) => mark?.name === "at once", "the first mark");
    say.tone(tones.bot, 400, 333);
    say.mark("middle");
    say.tone(tones.bot, 400);
    say.mark("end");
    await find(({ mark }) => mark?.name === "middle", "the mark in the middle");
    expect(told().some(({ mark }) => mark?.name === "end")).toBe(false);
    await find(({ mark }) => mark?.name === "end", "the last mark");
    bot.socket.close(1000);
    await call.ended;
    // A gap would have been filled with what fades out of the tone.
    expect(Math.abs(received.ms(tones.bot) - 800)).toBeLessThanOrEqual(20);
  });

  it("interrupts itself with clear: the cleared marks come back, and what follows is heard", async () => {
    const { call, received, bot, find, told, say } = await streaming();
    say.tone(tones.bot, 200);
    say.mark("heard");
    say.tone(tones.bot, 10_000, 8000);
    say.mark("never heard");
    await find(({ mark }) => mark?.name === "heard", "the mark that is reached");
    expect(told().some(({ mark }) => mark?.name === "never heard")).toBe(false);
    say.clear();
    await find(({ mark }) => mark?.name === "never heard", "the mark that was cleared");
    say.tone(tones.other, 300);
    await received.hears(tones.other, 260);
    bot.socket.close(1000);
    await call.ended;
    expect(received.ms(tones.bot)).toBeLessThan(2000);
  });

  it("may send what it should not: it is a warning on the timeline", async () => {
    const { id, call, received, bot, say } = await streaming();
    bot.json({ event: "dance" });
    bot.json({ event: "media", media: { payload: "?" } });
    bot.socket.send(new Uint8Array(160));
    say.tone(tones.bot, 300);
    await received.hears(tones.bot, 260);
    await call.hangup();
    const { timeline } = await world.ended(id);
    expect(timeline.filter(({ type }) => type === "warning").map(({ data }) => data?.["path"])).toEqual(["/event", "/media/payload", ""]);
  });
});
