import { createHmac } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAudioFrame } from "@piopiy/pcmo";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBotServer, type BotServer, type Taken } from "./adapters/stream/bot-server.test.support.ts";
import { audible, pcmBytes, toneSamples, toneSpans } from "./audio/index.ts";
import type { PhoneCall } from "./phone/index.ts";
import { receivedBy } from "./received.test.support.ts";
import { heardMs, host, startReceiver, startWorld, toneWav, until, type CallRecord, type Receiver, type World } from "./server-world.test.support.ts";

// Streams that are lost and found again, on real calls.

const tones = { music: 350, caller: 440, bot: 1000, fallback: 620, other: 880 } as const;
const all: readonly number[] = Object.values(tones);
const twilioNumber = "15550779";
const secret = "a secret that webhooks are signed with";

let folder: string;
let world: World;
let hooks: Receiver;
let numberBot: BotServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "piopiy-test-"));
  await mkdir(join(folder, "media"));
  await writeFile(join(folder, "media", "music.wav"), toneWav(tones.music, 1000));
  await writeFile(join(folder, "media", "fallback.wav"), toneWav(tones.fallback, 500));
  await writeFile(join(folder, "media", "long.wav"), toneWav(tones.fallback, 20_000));
  [hooks, numberBot] = await Promise.all([startReceiver(() => ({})), startBotServer()]);
  world = await startWorld({
    phones: 12, workers: 1, phoneWorkers: 1, data: folder,
    config: {
      apps: [{ appid: "7654321", secret: "a secret of these tests", event_url: `${hooks.url}/event`, webhook_secrets: [secret] }],
      media: { host, ports: [0, 0], folder: join(folder, "media"), hold_music: "music.wav" },
      numbers: [{ number: twilioNumber, pcmo: [{ action: "stream", ws_url: numberBot.url }], stream_dialect: "twilio" }],
    },
  });
});
const bots: BotServer[] = [];
afterAll(async () => {
  await until("the end of every call", () => world.server.calls() === 0 || undefined);
  expect([await world.metric("piopiy_media_sessions"), await world.metric("piopiy_streams_open")]).toEqual([0, 0]);
  await world.close();
  for (const bot of [...bots, numberBot]) await bot.close();
  await hooks.close();
  await rm(folder, { recursive: true, force: true });
});

async function newBot(port?: number): Promise<BotServer> {
  const bot = await startBotServer({ ...(port !== undefined && { port }) });
  bots.push(bot);
  return bot;
}

/** A call with a bot on it that speaks the exact protocol. */
async function streaming(more: object = {}, rest: readonly object[] = []) {
  const [phone, server] = await Promise.all([world.phone(), newBot()]);
  const [dialled, rings] = [server.taken(), phone.nextCall()];
  const id = await world.call(phone.username, [{ action: "stream", ws_url: server.url, protocol: "v1", ...more }, ...rest]);
  const [said, call] = await Promise.all([dialled, rings]);
  return { id, server, said, call, received: receivedBy(call, all) };
}

const say = ({ socket }: Taken, utterance: number, durationMs: number, frequencyHz: number = tones.bot) =>
  socket.send(writeAudioFrame({ utterance, last: true, pcm: pcmBytes(toneSamples({ frequencyHz, durationMs })) }));
const data = (record: CallRecord, type: string) => record.timeline.filter((entry) => entry.type === type).map((entry) => entry.data);
const types = ({ timeline }: CallRecord) => timeline.map(({ type }) => type).filter((type) => /^stream|replaced/.test(type));
/** Nothing but silence for a quarter of a second. */
const silent = (call: PhoneCall) => until("silence", () => {
  const last = call.heard().samples.subarray(-2000);
  return (last.length === 2000 && !audible(last)) || undefined;
});

describe.concurrent("a stream whose bot goes away", () => {
  it("goes on when it is back: the party hears what was said before, then music, then the bot", async () => {
    const { id, server, said, call, received } = await streaming({ reconnect: 20 });
    await said.told("start");
    say(said, 1, 1500);
    await call.hears(tones.bot, 200);
    await server.close();
    await call.hears(tones.music, 400);
    expect(Math.abs(received.ms(tones.bot) - 1500)).toBeLessThanOrEqual(40);
    await call.press("7");
    const back = await newBot(Number(new URL(server.url).port));
    const again = await back.taken();
    const start = await again.told("start");
    expect(start["resume"]).toMatchObject({ resumed: true });
    expect(await again.told("played")).toMatchObject({ utterance: 1, heard_ms: 1500, complete: true });
    expect(await again.told("dtmf")).toMatchObject({ digit: "7" });
    say(again, 2, 600);
    await received.hears(tones.bot, 2060);
    await silent(call);
    // At the phone the music ends where the bot begins, and does not come back.
    const spans = toneSpans(received.samples(), all).map(({ frequencyHz }) => frequencyHz);
    expect(spans.lastIndexOf(tones.music)).toBeLessThan(spans.lastIndexOf(tones.bot));
    await call.hangup();
    const record = await world.ended(id);
    expect(types(record)).toEqual(["stream.connected", "stream.lost", "stream.resumed", "stream.closed"]);
    expect(data(record, "stream.resumed")).toMatchObject([{ attempts: expect.any(Number), awayMs: expect.any(Number) }]);
    expect(await world.metric("piopiy_stream_reconnects_total")).toBeGreaterThan(0);
    const told = await until("the live events", () => {
      const events = hooks.received.map(({ body }) => body).filter(({ request_id: request }) => request === id);
      return events.some(({ status }) => status === "out_hangup") ? events.filter(({ ws_status: status }) => status) : undefined;
    });
    expect(told.map(({ status, ws_status: json }) => [status, JSON.parse(String(json))])).toEqual([
      ["stream_connected", { status: "connected" }],
      ["stream_error", { status: "error", message: { retries: 0, error: expect.stringContaining("lost"), wait_time: expect.any(Number) } }],
      ["stream_connected", { status: "connected" }],
      ["stream_disconnected", { status: "disconnected", message: { code: 1000, reason: expect.any(String) } }],
    ]);
  });

  it("has no music any more as soon as its bot is back", async () => {
    const { server, call } = await streaming({ reconnect: 20 });
    await server.close();
    await call.hears(tones.music, 300);
    const back = await newBot(Number(new URL(server.url).port));
    // From here on the server knows of it.
    await (await back.taken()).told("start");
    const at = call.heard().samples.length;
    await silent(call);
    const after = call.heard().samples.subarray(at);
    const music = Array.from({ length: after.length / 160 }, (_, frame) => audible(after.subarray(frame * 160, frame * 160 + 160)));
    // What was on its way, and what the phone's jitter buffer holds.
    expect(music.lastIndexOf(true) * 20).toBeLessThan(400 + (await world.lateMs()));
    await call.hangup();
  });

  it("goes on at its standby", async () => {
    const standby = await newBot();
    const { id, server, call, received } = await streaming({ reconnect: 20, standby_url: standby.url });
    await server.close();
    const there = await standby.taken();
    expect((await there.told("start"))["resume"]).toMatchObject({ resumed: true });
    say(there, 1, 400);
    await received.hears(tones.bot, 360);
    there.socket.send(JSON.stringify({ type: "hangup" }));
    await call.ended;
    expect(data(await world.ended(id), "stream.resumed")).toHaveLength(1);
  });

  it("and does not come back has its flow performed in place of what is left", async () => {
    const fail = [{ action: "play", file_name: "fallback.wav" }, { action: "hangup" }];
    const { id, server, call, received } = await streaming({ reconnect: 2, hold_sound: false, on_stream_fail: fail }, [{ action: "speak", text: "Please hold on. ".repeat(40) }]);
    await server.close();
    await call.ended;
    expect(Math.abs(received.ms(tones.fallback) - 500)).toBeLessThanOrEqual(40);
    const record = await world.ended(id);
    expect(types(record)).toEqual(["stream.connected", "stream.lost", "stream.closed", "flow.replaced"]);
    expect(data(record, "flow.replaced")).toMatchObject([{ actions: 2, by: "stream_fail" }]);
    expect(received.ms(tones.music)).toBe(0);
  });

  it("and kept the call up alone has its flow performed", async () => {
    const { said, call, received } = await streaming({ reconnect: 0, on_stream_fail: [{ action: "play", file_name: "fallback.wav" }] });
    await said.told("start");
    said.socket.close(1011, "broken");
    expect(await call.ended).toMatchObject({ reason: "completed" });
    expect(Math.abs(received.ms(tones.fallback) - 500)).toBeLessThanOrEqual(40);
  });

  it("or cannot be opened has its flow performed, without a word of its address", async () => {
    const phone = await world.phone();
    const rings = phone.nextCall();
    const fail = [{ action: "play", file_name: "fallback.wav" }];
    const stream = { action: "stream", ws_url: "ws://127.0.0.1:9/a-token", standby_url: "ws://127.0.0.1:9/another-token", on_stream_fail: fail };
    const id = await world.call(phone.username, [stream, { action: "play", file_name: "long.wav" }, { action: "hangup" }]);
    const call = await rings;
    await call.ended;
    const record = await world.ended(id);
    expect(types(record)).toEqual(["stream.failed", "flow.replaced"]);
    expect(JSON.stringify(record)).not.toContain("token");
    expect(heardMs(call.heard().spans(all), tones.fallback)).toBeLessThan(1500);
  });
});

describe.concurrent("how bots are dialled", () => {
  it("signs with the app's secret, and shows it to nobody", async () => {
    const { id, said, call } = await streaming({ sign_url: true, headers: { "X-Room": "9" } });
    await call.hangup();
    const [, seconds = "", signature = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(said.headers["piopiy-signature"])) ?? [];
    const [target = "", inQuery = ""] = said.target.split("?piopiy_signature=");
    expect(signature).toBe(createHmac("sha256", secret).update(`${seconds}.${target}`).digest("hex"));
    expect(decodeURIComponent(inQuery)).toBe(said.headers["piopiy-signature"]);
    expect(said.headers["x-room"]).toBe("9");
    const record = JSON.stringify(await world.ended(id));
    expect(record).not.toContain(signature);
    expect(record).not.toContain("X-Room");
  });

  it("speaks as the number is configured to, where the action does not say", async () => {
    const phone = await world.phone();
    const taken = numberBot.taken();
    const call = await phone.call(twilioNumber);
    const said = await taken;
    await until("the start", () => said.texts[1]);
    expect(said.texts.slice(0, 2)).toMatchObject([{ event: "connected" }, { event: "start" }]);
    expect(said.headers["sec-websocket-protocol"]).toBeUndefined();
    await call.hangup();
  });
});
