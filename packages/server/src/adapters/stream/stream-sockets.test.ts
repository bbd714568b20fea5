import { once } from "node:events";
import { createServer, type Server } from "node:net";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pcmBytes, resample, tonePower, toneSamples, wavFile } from "../../audio/index.ts";
import { mp3Tone } from "../../audio/mp3-tone.test.data.ts";
import { concatSamples, scope, systemClock, VirtualClock, type Clock } from "../../base/index.ts";
import { startBot, type Bot, type BotCall } from "../../bot.test.support.ts";
import type { Stream, StreamRequest } from "../../interpreter/index.ts";
import { fakeCall } from "./line.test.support.ts";
import { createStreamSockets, type StreamSockets, type StreamSocketsOptions } from "./stream-sockets.ts";

let bot: Bot;
const opened: StreamSockets[] = [];
beforeEach(async () => {
  bot = await startBot();
});
afterEach(async () => {
  for (const sockets of opened.splice(0)) {
    await sockets.close();
    expect(sockets.open).toBe(0);
  }
  await bot.close();
});

function sockets(options: Partial<StreamSocketsOptions> = {}): StreamSockets {
  const made = createStreamSockets({ allowPrivate: true, clock: systemClock, ...options });
  opened.push(made);
  return made;
}

const request: StreamRequest = {
  id: "a stream", url: "", sampleRateHz: 8000, listenMode: "caller",
  call: { callId: "a call", legId: "a leg", appid: "1", from: "2", to: "3", direction: "inbound" },
};

async function connected(rate: 8000 | 16_000 = 8000, options: Partial<StreamSocketsOptions> = {}) {
  const call = fakeCall();
  const life = scope();
  const dialled = bot.call();
  const stream = await sockets(options).port.open({ ...request, url: bot.url, sampleRateHz: rate }, call.line, life.signal);
  const end = async (how: (said: BotCall) => void = (said) => said.socket.close(1000)) => {
    how(said);
    return await stream.ended;
  };
  const said = await dialled;
  return { call, life, stream, bot: said, end };
}

const tone = toneSamples({ frequencyHz: 440, durationMs: 1000 });

/** Everything that the messages are answered with until the stream is over. */
async function after(send: (said: BotCall) => void, rate: 8000 | 16_000 = 8000) {
  const { call, bot: said, end } = await connected(rate);
  send(said);
  return { call, end: await end() };
}

describe("what a bot says", () => {
  it("is one sound, whatever the chunks are", async () => {
    const cut = (bytes: Uint8Array, sizes: readonly number[]) => {
      const chunks: Uint8Array[] = [];
      for (let at = 0, next = 0; at < bytes.length; next++) {
        const size = sizes[next % sizes.length] ?? 1;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      return chunks;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 3, max: 4000 }), { minLength: 1, maxLength: 6 }), fc.boolean(), async (sizes, binary) => {
        const { call, end } = await after((said) => {
          for (const chunk of cut(pcmBytes(tone), sizes)) {
            if (binary) said.socket.send(chunk);
            else said.say(chunk);
          }
        });
        expect(call.heard()).toEqual(tone);
        expect(call.warnings).toEqual([]);
        expect(end).toEqual({ by: "bot", code: 1000, reason: "", totals: { sentMs: 0, unsentMs: 0, receivedMs: 1000, playedMs: 1000, droppedMs: 0 } });
      }),
      { seed: 4, numRuns: 20 },
    );
  });

  const wide = resample(tone, 8000, 16_000);
  it.each<[string, (said: BotCall) => void]>([
    ["raw at 16 kHz", (said) => said.say(pcmBytes(wide), "raw", 16_000)],
    ["raw in chunks of 1 ms", (said) => Array.from({ length: 1000 }, (_, at) => said.say(pcmBytes(tone.subarray(at * 8, at * 8 + 8))))],
    ["a WAV file", (said) => said.say(wavFile({ sampleRateHz: 8000, channels: 1 }, tone), "wav")],
    ["a WAV file at 16 kHz", (said) => said.say(wavFile({ sampleRateHz: 16_000, channels: 1 }, wide), "wav", 8000)],
  ])("as %s is heard", async (_, send) => {
    const { call, end } = await after(send);
    const heard = call.heard();
    expect(Math.abs(heard.length - 8000)).toBeLessThan(60);
    expect(tonePower(heard, 440)).toBeGreaterThan(0.98);
    expect(Math.abs(end.totals.playedMs - 1000)).toBeLessThan(8);
  });

  it("keeps its order when files take a while to be decoded", async () => {
    const { call } = await after((said) => {
      said.say(pcmBytes(toneSamples({ frequencyHz: 700, durationMs: 300 })));
      said.say(mp3Tone(20), "mp3");
      said.say(pcmBytes(toneSamples({ frequencyHz: 1000, durationMs: 300 })));
    });
    const heard = call.heard();
    expect(tonePower(heard.subarray(0, 2400), 700)).toBeGreaterThan(0.95);
    expect(tonePower(heard.subarray(-2400), 1000)).toBeGreaterThan(0.95);
    expect(heard.length).toBeGreaterThan(4800 + 1600);
  });

  it("as binary frames has the rate of the stream", async () => {
    const { call } = await after((said) => said.socket.send(pcmBytes(wide)), 16_000);
    expect(Math.abs(call.heard().length - 8000)).toBeLessThan(60);
    expect(tonePower(call.heard(), 440)).toBeGreaterThan(0.98);
  });

  it("keeps the last minute when nobody plays it", async () => {
    const { call, bot: said, end } = await connected();
    // As long as another playback goes on, nothing of it is heard.
    call.hold(true);
    for (let second = 0; second < 70; second++) said.say(pcmBytes(new Int16Array(8000).fill(second)));
    const over = end();
    await said.closed;
    call.hold(false);
    const { totals } = await over;
    expect(totals).toMatchObject({ receivedMs: 70_000, droppedMs: 10_000, playedMs: 60_000 });
    // Two seconds are in the media plane already; the oldest of what is not gives way.
    expect([call.heard()[0], call.heard()[16_000], call.heard().at(-1)]).toEqual([0, 12, 69]);
    expect(call.warnings).toEqual([{ warning: "stream_overflow" }]);
  });
});

describe("a message that is none", () => {
  const path = (at: string) => [{ warning: "stream_message", path: at, message: expect.any(String) }];
  it.each<[string, (said: BotCall) => void, readonly unknown[]]>([
    ["garbage", (said) => said.socket.send("{not json"), path("")],
    ["an empty text", (said) => said.socket.send(""), path("")],
    ["an unknown action", (said) => said.json({ action: "clear" }), path("/action")],
    ["wrong base64", (said) => said.json({ type: "streamAudio", data: { audioDataType: "raw", sampleRate: 8000, audioData: "a?b=" } }), path("/data/audioData")],
    ["a wrong rate", (said) => said.say(new Uint8Array(100), "raw", 44_100), path("/data/sampleRate")],
    ["an ogg that is none", (said) => said.say(new Uint8Array(100), "ogg"), [{ warning: "stream_audio", message: expect.any(String) }]],
    ["an invalid flow", (said) => said.json([{ action: "dance" }]), path("/0/action")],
    ["a WAV that is none", (said) => said.say(new Uint8Array(100), "wav"), [{ warning: "stream_audio", message: expect.stringContaining("WAV, MP3 and Ogg") }]],
  ])("%s is told, and the stream goes on", async (_, send, warnings) => {
    const { call, end } = await after((said) => {
      send(said);
      said.say(pcmBytes(tone));
    });
    expect(call.warnings).toEqual(warnings);
    expect(call.heard()).toEqual(tone);
    expect(end.by).toBe("bot");
  });

  it("is told twenty times at most", async () => {
    const { call } = await after((said) => Array.from({ length: 100 }, () => said.socket.send("?")));
    expect(call.warnings).toHaveLength(21);
    expect(call.warnings.at(-1)).toEqual({ warning: "stream_warnings", omitted: 80 });
  });

  it("of half a sample is nothing", async () => {
    const { call, end } = await after((said) => said.socket.send(new Uint8Array(1)));
    expect([call.heard().length, call.warnings, end.totals.receivedMs]).toEqual([0, [], 0]);
  });

  it("that is too large closes the socket with 1009", async () => {
    const { bot: said, stream, call } = await connected();
    said.socket.send(new Uint8Array(3_000_000));
    expect(await stream.ended).toMatchObject({ by: "us", code: 1009 });
    expect(await said.closed).toBe(1009);
    expect(call.listeners).toBe(0);
  });
});

describe("a bot's controls", () => {
  it("break throws away what is queued, also what is being decoded", async () => {
    const { call, bot: said, end } = await connected();
    said.say(mp3Tone(20), "mp3");
    said.say(pcmBytes(tone));
    said.json({ action: "break" });
    said.say(pcmBytes(tone.subarray(0, 1600)));
    await end();
    expect(call.heard()).toEqual(tone.subarray(0, 1600));
    expect(call.playing).toBe(0);
  });

  it("pause and resume concern what the bot hears", async () => {
    const { call, bot: said, end } = await connected();
    const reached = () => new Promise((pong) => said.socket.once("pong", pong).ping());
    call.say(tone.subarray(0, 320));
    said.json({ action: "pause" });
    await reached();
    call.say(tone.subarray(320, 640));
    said.json({ action: "resume" });
    await reached();
    call.say(tone.subarray(640, 960));
    await said.hears(4);
    expect(said.heard()).toEqual(concatSamples([tone.subarray(0, 320), tone.subarray(640, 960)]));
    expect((await end()).totals.sentMs).toBe(80);
  });

  it("stop closes the socket once what was said has been heard", async () => {
    const { call, bot: said, stream } = await connected();
    said.say(pcmBytes(tone));
    said.json({ action: "stop" });
    said.say(pcmBytes(tone));
    expect(await stream.ended).toMatchObject({ by: "bot", code: 1000, reason: "stop" });
    expect(call.heard()).toEqual(tone);
    expect(await said.closed).toBe(1000);
  });

  it("a list of actions is performed", async () => {
    const { call } = await after((said) => said.json([{ action: "speak", text: "Hold on.", colour: "red" }, { action: "hangup" }]));
    expect(call.flows).toMatchObject([[{ action: "speak", text: "Hold on." }, { action: "hangup" }]]);
    expect(call.warnings).toEqual([{ warning: "stream_message", path: "/0/colour", message: expect.any(String) }]);
  });
});

describe("the end of a stream", () => {
  it("comes when the call is over: nothing more is played", async () => {
    const { call, life, bot: said, stream } = await connected();
    said.say(pcmBytes(tone));
    await until(() => call.heard().length > 0);
    life.close();
    expect(await stream.ended).toMatchObject({ by: "us", code: 1000, totals: { receivedMs: 1000 } });
    expect([await said.closed, call.listeners, call.playing]).toEqual([1000, 0, 0]);
  });

  it("is by the network when the connection is lost", async () => {
    const { bot: said, stream } = await connected();
    said.socket.terminate();
    expect(await stream.ended).toMatchObject({ by: "network", code: 1006 });
  });

  it("is by the network when pings are not answered", async () => {
    const clock = new VirtualClock();
    const { bot: said, stream } = await connected(8000, { clock });
    said.socket.pause();
    await clock.advance(40_000);
    expect(await stream.ended).toMatchObject({ by: "network", reason: "no answer to pings" });
    expect(clock.timers).toBe(0);
  });

  it("does not wait for a bot that does not answer the close", async () => {
    const clock = new VirtualClock();
    const { life, bot: said, stream } = await connected(8000, { clock });
    said.socket.pause();
    life.close();
    expect(await stream.ended).toMatchObject({ by: "us" });
    await clock.advance(2000);
    await until(() => opened[0]?.open === 0);
    expect(clock.timers).toBe(0);
  });
});

describe("a bot that does not read", () => {
  it("costs it the oldest audio, and us no memory", async () => {
    const { call, bot: said, end } = await connected(16_000);
    said.socket.pause();
    for (let second = 0; second < 400; second++) {
      for (let frame = 0; frame < 50; frame++) call.say(tone.subarray(0, 160));
      await new Promise((turn) => setImmediate(turn));
    }
    const { totals } = await end((lost) => lost.socket.terminate());
    expect(totals.sentMs + totals.unsentMs).toBe(400_000);
    expect(totals.unsentMs).toBeGreaterThan(100_000);
  });
});

describe("a bot that cannot be connected to", () => {
  const open = (url: string, options: Partial<StreamSocketsOptions> = {}, signal = scope().signal): Promise<Stream> =>
    sockets(options).port.open({ ...request, url }, fakeCall().line, signal);
  const silent: Server[] = [];
  /** A server that takes a connection and says `reply`, or nothing. */
  const tcp = async (reply?: string) => {
    const server = createServer((socket) => socket.on("error", () => undefined).on("data", () => reply && socket.end(reply)).unref()).listen(0, "127.0.0.1");
    await once(server, "listening");
    silent.push(server);
    const address = server.address();
    return `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  };
  afterEach(() => silent.splice(0).forEach((server) => server.close()));

  it.each<[string, () => Promise<string>, string, RegExp]>([
    ["nobody listens", async () => "ws://127.0.0.1:9/", "stream_failed", /ECONNREFUSED/],
    ["no such host", async () => "ws://nowhere.invalid/", "stream_failed", /cannot be resolved/],
    ["a web server", async () => `ws://${await tcp("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")}/`, "stream_failed", /HTTP 404/],
    ["no HTTP", async () => `ws://${await tcp("SSH-2.0-OpenSSH\r\n")}/`, "stream_failed", /HPE/],
    ["no TLS", async () => `wss://${await tcp("HTTP/1.1 400 Bad Request\r\n\r\n")}/`, "stream_failed", /SSL|EPROTO/],
    ["another protocol", async () => "http://127.0.0.1/", "fetch_refused", /no ws or wss/],
    ["a reserved address", async () => "ws://169.254.1.1/", "fetch_refused", /private or reserved/],
  ])("because there is %s", async (_, url, code, message) => {
    await expect(open(await url())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("because private addresses are not allowed", async () => {
    await expect(open(bot.url, { allowPrivate: false })).rejects.toMatchObject({ code: "fetch_refused" });
    expect(bot.connections).toBe(0);
  });

  it("is looked up once, and connected to as it was then", async () => {
    const names: string[] = [];
    const resolve = (host: string) => Promise.resolve([{ address: names.push(host) === 1 ? "127.0.0.1" : "169.254.1.1", family: 4 }]);
    const url = new URL(bot.url);
    url.hostname = "bot.example";
    const life = scope();
    const stream = await open(url.href, { resolve }, life.signal);
    life.close();
    await stream.ended;
    expect(names).toEqual(["bot.example"]);
  });

  it("because it takes too long", async () => {
    const clock = new VirtualClock();
    const opening = open(`ws://${await tcp()}/`, { clock });
    const failed = expect(opening).rejects.toMatchObject({ code: "stream_failed", message: expect.stringContaining("10000 ms") });
    await clock.advance(10_000);
    await failed;
    expect(clock.timers).toBe(0);
  });

  it("because the call is over", async () => {
    const life = scope();
    const opening = open(`ws://${await tcp()}/`, {}, life.signal);
    life.close("over");
    await expect(opening).rejects.toBe("over");
  });
});

async function until(done: () => boolean, clock: Clock = systemClock): Promise<void> {
  const limit = clock.monotonicMs() + 5000;
  while (!done() && clock.monotonicMs() < limit) await new Promise((turn) => setImmediate(turn));
}
