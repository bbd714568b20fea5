import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pcmBytes, resample, tonePower, toneSamples } from "../../audio/index.ts";
import { scope, systemClock } from "../../base/index.ts";
import { startBot, type Bot, type BotCall } from "../../bot.test.support.ts";
import type { StreamRequest } from "../../interpreter/index.ts";
import { request } from "./bot-stream-run.test.support.ts";
import { fakeCall } from "./line.test.support.ts";
import { createStreamSockets, type StreamSockets } from "./stream-sockets.ts";

// What bots do wrong, in the compatible form and in the exact one: the stream goes on, and nothing grows.

let bot: Bot;
let sockets: StreamSockets;
beforeEach(async () => {
  bot = await startBot();
  sockets = createStreamSockets({ allowPrivate: true, clock: systemClock });
});
afterEach(async () => {
  await sockets.close();
  expect(sockets.open).toBe(0);
  await bot.close();
});

type Form = "compatible" | "v1";
const forms: readonly Form[] = ["compatible", "v1"];

async function connected(form: Form, more: Partial<StreamRequest> = {}) {
  const call = fakeCall();
  const life = scope();
  const dialled = bot.call();
  const stream = await sockets.port.open({ ...request, url: bot.url, speaks: form, reconnectMs: 0, ...more }, call.line, life.signal);
  const said = await dialled;
  /** Everything that was sent before has been read. */
  const reached = () => new Promise((pong) => said.socket.once("pong", pong).ping());
  const end = async () => {
    said.socket.close(1000);
    return await stream.ended;
  };
  return { call, life, stream, bot: said, reached, end };
}

const tone = toneSamples({ frequencyHz: 440, durationMs: 1000 });
const bytes = pcmBytes(tone);
/** As a bot of that form says it. */
const say = (form: Form, said: BotCall, pcm: Uint8Array, last = false) => (form === "v1" ? said.utter(1, pcm, { last }) : said.socket.send(pcm));
const wrongBase64: Readonly<Record<Form, object>> = {
  compatible: { type: "streamAudio", data: { audioDataType: "raw", sampleRate: 8000, audioData: "a?b=" } },
  v1: { type: "audio", utterance: 9, audio: "a?b=" },
};

describe.each(forms)("a bot of the %s form", (form) => {
  it.each<[string, (said: BotCall) => void, string]>([
    ["garbage", (said) => said.socket.send("{not json"), ""],
    ["an empty text", (said) => said.socket.send(""), ""],
    ["text that is no UTF-8 JSON object", (said) => said.socket.send("\u0000"), ""],
    ["wrong base64", (said) => said.json(wrongBase64[form]), form === "v1" ? "/audio" : "/data/audioData"],
  ])("that sends %s is told so on the timeline, and goes on", async (_, send, path) => {
    const { call, bot: said, end } = await connected(form);
    send(said);
    say(form, said, bytes);
    expect((await end()).by).toBe("bot");
    expect(call.warnings).toEqual([{ warning: "stream_message", path, message: expect.any(String) }]);
    expect(call.heard()).toEqual(tone);
    if (form === "v1") expect(await said.told("warning")).toMatchObject([{ issues: [{ path, message: expect.any(String) }] }]);
    else expect(said.texts).toEqual([]);
  });

  it("may cut samples in two", async () => {
    const { call, bot: said, end } = await connected(form);
    for (let at = 0; at < bytes.length; at += 333) say(form, said, bytes.subarray(at, at + 333));
    expect((await end()).totals).toMatchObject({ receivedMs: 1000, playedMs: 1000 });
    expect(call.heard()).toEqual(tone);
    expect(call.warnings).toEqual([]);
  });

  it("may say it byte by byte", async () => {
    const { call, bot: said, end } = await connected(form);
    for (let at = 0; at < 8000; at++) say(form, said, bytes.subarray(at, at + 1));
    expect((await end()).totals).toMatchObject({ receivedMs: 500, playedMs: 500, droppedMs: 0 });
    expect(call.heard()).toEqual(tone.subarray(0, 4000));
    expect(call.warnings).toEqual([]);
  });

  it("may say ten seconds at once", async () => {
    const { call, bot: said, end } = await connected(form);
    const long = toneSamples({ frequencyHz: 440, durationMs: 10_000 });
    say(form, said, pcmBytes(long), true);
    expect((await end()).totals).toMatchObject({ receivedMs: 10_000, playedMs: 10_000, droppedMs: 0 });
    expect(call.heard()).toEqual(long);
  });

  it.each([8000, 16_000] as const)("may say it in chunks of a millisecond, at %i Hz", async (sampleRateHz) => {
    const { call, bot: said, end } = await connected(form, { sampleRateHz });
    const samples = resample(tone, 8000, sampleRateHz);
    const step = sampleRateHz / 1000;
    for (let at = 0; at < samples.length; at += step) say(form, said, pcmBytes(samples.subarray(at, at + step)));
    expect(Math.abs((await end()).totals.playedMs - 1000)).toBeLessThanOrEqual(8);
    expect(tonePower(call.heard(), 440)).toBeGreaterThan(0.97);
  });

  it("that goes on after it has hung up is not heard any more", async () => {
    const { call, life, bot: said, stream, reached } = await connected(form);
    said.json(form === "v1" ? { type: "hangup", reason: "busy" } : [{ action: "hangup", cause: "busy" }]);
    await reached();
    expect(call.flows).toMatchObject([[{ action: "hangup", cause: "busy" }]]);
    life.close();
    say(form, said, bytes);
    expect(await stream.ended).toMatchObject({ by: "us", code: 1000, totals: { playedMs: 0 } });
    expect(await said.closed).toBe(1000);
    expect(call.heard()).toHaveLength(0);
    if (form === "v1") expect(said.messages.at(-1)).toMatchObject({ type: "stop", reason: "call_ended" });
  });

  it("that sends a frame of 50 MB loses its socket, with 1009 and without the frame in memory", async () => {
    const { call, bot: said, stream } = await connected(form);
    say(form, said, bytes);
    said.socket.send(new Uint8Array(50_000_000));
    expect(await stream.ended).toMatchObject({ by: "us", code: 1009, totals: { receivedMs: 1000, playedMs: 1000 } });
    expect(await said.closed).toBe(1009);
    expect(call.listeners).toBe(0);
    if (form === "v1") expect(said.messages.at(-1)).toMatchObject({ type: "stop", reason: "protocol_error", totals: { received_ms: 1000 } });
  });

  it("that sends a text that is no UTF-8 loses its socket, too", async () => {
    const { bot: said, stream } = await connected(form);
    said.socket.send(Uint8Array.of(0xff, 0xfe), { binary: false });
    expect(await stream.ended).toMatchObject({ by: "us", code: 1007 });
    expect(await said.closed).toBe(1007);
    if (form === "v1") expect(said.messages.at(-1)).toMatchObject({ type: "stop", reason: "protocol_error" });
  });

  it("that closes with a code of ours closes it itself", async () => {
    const { bot: said, stream } = await connected(form);
    said.socket.close(1009, "mine");
    expect(await stream.ended).toMatchObject({ by: "bot", code: 1009, reason: "mine" });
  });

  it("that never reads loses the oldest audio, and costs no memory", async () => {
    const { call, bot: said, stream } = await connected(form, { sampleRateHz: 16_000 });
    said.socket.pause();
    for (let second = 0; second < 400; second++) {
      for (let frame = 0; frame < 50; frame++) call.say(tone.subarray(0, 160));
      for (let key = 0; key < 50; key++) call.press("1");
      await new Promise((turn) => setImmediate(turn));
    }
    said.socket.terminate();
    const { totals } = await stream.ended;
    expect(totals.sentMs + totals.unsentMs).toBe(400_000);
    expect(totals.unsentMs).toBeGreaterThan(100_000);
  });

  it("that closes in the middle of what it says is heard to the end of that", async () => {
    const { call, bot: said, end } = await connected(form);
    say(form, said, bytes);
    say(form, said, bytes.subarray(0, 801));
    expect((await end()).totals.playedMs).toBe(1050);
    expect(call.heard()).toHaveLength(8400);
    expect(call.playing).toBe(0);
  });

  it("that is lost in the middle of what it says is heard to the end of that, too", async () => {
    const { call, bot: said, stream, reached } = await connected(form);
    say(form, said, bytes);
    await reached();
    said.socket.terminate();
    expect(await stream.ended).toMatchObject({ by: "network", code: 1006, totals: { playedMs: 1000 } });
    expect(call.heard()).toEqual(tone);
  });
});

describe("utterances", () => {
  it.each<[string, (said: BotCall) => void, string]>([
    ["goes on after its last", (said) => said.utter(1, bytes), "/utterance"],
    ["goes on after its end", (said) => said.json({ type: "audio", utterance: 1, audio: Buffer.from(bytes).toString("base64") }), "/utterance"],
    ["ends what has not begun", (said) => said.json({ type: "end", utterance: 77 }), "/utterance"],
    ["has no id", (said) => said.utter(1, bytes) ?? said.json({ type: "audio", audio: "" }), "/utterance"],
    ["has a frame without a header", (said) => said.socket.send(new Uint8Array(5)), ""],
    ["has a frame of another kind", (said) => said.socket.send(new Uint8Array(20).fill(9)), ""],
  ])("one that %s is told so, and what is wrong is not heard", async (_, send, path) => {
    const { call, bot: said, end } = await connected("v1");
    said.utter(1, bytes, { last: true });
    send(said);
    said.utter(2, bytes, { last: true });
    const [first] = await said.told("warning");
    expect(first).toMatchObject({ issues: [{ path }] });
    const played = await said.told("played", 2);
    await end();
    expect(played.map(({ utterance, heard_ms: ms, complete }) => [utterance, ms, complete])).toEqual([[1, 1000, true], [2, 1000, true]]);
    expect(call.heard()).toHaveLength(16_000);
  });

  it("are warned of twenty times at most", async () => {
    const { bot: said, end, reached, call } = await connected("v1");
    for (let message = 0; message < 100; message++) said.json({ type: "end", utterance: 1 });
    await reached();
    expect(said.messages.filter(({ type }) => type === "warning")).toHaveLength(20);
    await end();
    expect(call.warnings).toHaveLength(21);
  });
});
