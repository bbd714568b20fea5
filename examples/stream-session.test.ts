import { connect, createServer, type Socket } from "node:net";
import { toneSamples, type PhoneCall } from "@piopiy/server";
import { Action, RestClient } from "piopiy";
import { createStreamServer, type StreamEnd, type StreamServer, type StreamServerOptions, type StreamSession } from "piopiy/stream";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { app, callerId, receivedBy, startRealServer, type RealServer } from "./real-server.test.support.ts";

// What a session says of a call, held against what a real phone on that call has heard.

let server: RealServer;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startRealServer(10);
});
afterAll(() => server.close());
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Options = Partial<StreamServerOptions> & { readonly protocol?: "v1" | "compatible" };

/** A bot whose next session is handed out. */
async function startBot({ port = 0, ...options }: Partial<StreamServerOptions> = {}): Promise<{ readonly bot: StreamServer; readonly next: Promise<StreamSession> }> {
  let take: (session: StreamSession) => void = () => undefined;
  const next = new Promise<StreamSession>((resolve) => void (take = resolve));
  const bot = createStreamServer({ port, host: "127.0.0.1", onCall: take, ...options });
  await bot.ready;
  closing.push(() => bot.close());
  return { bot, next };
}

async function call(url: string, protocol: "v1" | "compatible", parameters: Readonly<Record<string, string>> = {}): Promise<PhoneCall> {
  const phone = await server.phone();
  const picksUp = phone.nextCall();
  const flow = new Action().stream(url, protocol === "v1" ? { protocol, parameters } : { protocol });
  await new RestClient(app.appid, app.token, { baseUrl: server.url }).voice.call(phone.username, callerId, flow, { extra_params: { order: 7 } });
  return picksUp;
}

async function talk({ protocol = "v1", ...options }: Options = {}): Promise<{ readonly alice: PhoneCall; readonly session: StreamSession }> {
  const { bot, next } = await startBot(options);
  const [alice, session] = await Promise.all([call(bot.url, protocol, { language: "en" }), next]);
  return { alice, session };
}

const tone = (frequencyHz: number, durationMs: number) => toneSamples({ frequencyHz, durationMs });

it("knows the call, hears the party and its keys, and learns of its end", async () => {
  const { alice, session } = await talk();
  expect(session).toMatchObject({ protocol: "v1", direction: "outbound", from: callerId, extraParams: { order: 7 }, parameters: { language: "en" }, sampleRate: 8000, resumed: false });
  const keys: string[] = [];
  const both = new Promise<void>((resolve) => session.onDtmf((digit) => void (keys.push(digit) === 2 && resolve())));
  await alice.press("4#");
  await both;
  expect(keys).toEqual(["4", "#"]);
  session.sendDigits("71");
  await session.play(tone(620, 400));
  await alice.hangup();
  const end: StreamEnd = await session.ended;
  expect(end).toMatchObject({ reason: "call_ended", totals: { receivedMs: 400, playedMs: 400, droppedMs: 0, unsentMs: 0 } });
  expect(alice.digits).toBe("71");
});

it("tells what was heard, whole and cut off", async () => {
  const { alice, session } = await talk();
  const received = receivedBy(alice, [620, 700, 800]);
  expect(await session.play(tone(620, 500))).toEqual({ utterance: 1, heardMs: 500, complete: true, skippedMs: 0, underrunMs: 0, droppedMs: 0, exact: true });
  const stop = new AbortController();
  const [long, behind, mark] = [session.play(tone(700, 20_000), { signal: stop.signal }), session.play(tone(800, 300)), session.mark()];
  await alice.hears(700, 500);
  stop.abort();
  const { heardMs: heardOfLong, complete } = await long;
  expect(complete).toBe(false);
  expect(await behind).toMatchObject({ heardMs: 300, complete: true });
  expect(await mark).toBe(true);
  await vi.waitFor(() => expect(received.at(-1)).toMatchObject({ frequencyHz: 800 }), { timeout: 30_000 });
  expect(received.slice(0, 2).map(({ frequencyHz }) => frequencyHz)).toEqual([620, 700]);
  expect(Math.abs(received[0]!.ms - 500)).toBeLessThanOrEqual(20);
  expect(Math.abs(received[1]!.ms - heardOfLong)).toBeLessThanOrEqual(20);
  await alice.hangup();
});

it("follows the room that the server has, over more audio than it holds", async () => {
  const { alice, session } = await talk();
  const received = receivedBy(alice, [620]);
  let made = 0;
  const stop = new AbortController();
  const endless = (async function* () {
    for (;;) {
      made += 1;
      yield tone(620, 1000);
    }
  })();
  const playing = session.play(endless, { signal: stop.signal });
  const overflows: unknown[] = [];
  session.on("overflow", (event) => void overflows.push(event));
  await vi.waitFor(() => expect(received[0]?.ms).toBeGreaterThanOrEqual(2500), { timeout: 30_000 });
  // Half of the minute that the server holds waits there; what was heard has made room for as much, and 2 s are on their way.
  expect(made).toBeGreaterThanOrEqual(30);
  expect(made).toBeLessThanOrEqual(30 + Math.ceil(received[0]!.ms / 1000) + 2);
  stop.abort();
  expect(await playing).toMatchObject({ complete: false, droppedMs: 0, exact: true });
  expect(overflows).toEqual([]);
  await alice.hangup();
});

it("works out by the clock what is heard in the compatible form", async () => {
  const { alice, session } = await talk({ protocol: "compatible" });
  const received = receivedBy(alice, [620, 700, 800]);
  expect(await session.play(tone(620, 600))).toMatchObject({ heardMs: 600, complete: true, exact: false });
  const long = session.play(tone(700, 20_000));
  await alice.hears(700, 500);
  const { utterances } = await session.clear();
  const guess = (await long).heardMs;
  expect(utterances).toEqual([{ utterance: 2, heardMs: guess }]);
  await session.play(tone(800, 300));
  await vi.waitFor(() => expect(received.at(-1)).toMatchObject({ frequencyHz: 800 }), { timeout: 30_000 });
  expect(Math.abs(received.find(({ frequencyHz }) => frequencyHz === 700)!.ms - guess)).toBeLessThanOrEqual(100);
  session.hangup();
  expect(await alice.ended).toMatchObject({ who: "peer" });
});

/** A way to a port that can be cut. */
async function startWay(port: number) {
  const sockets = new Set<Socket>();
  const way = createServer((here) => {
    const there = connect(port, "127.0.0.1");
    for (const [from, to] of [[here, there], [there, here]] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => way.listen(0, "127.0.0.1", resolve));
  const address = way.address();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  closing.push(() => {
    cut();
    way.close();
  });
  return { url: `ws://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`, cut };
}

it("goes on in the same session when its connection was cut", async () => {
  const { bot, next } = await startBot();
  const way = await startWay(bot.port);
  const [alice, session] = await Promise.all([call(way.url, "v1"), next]);
  const playing = session.play(tone(620, 1500));
  await alice.hears(620);
  const resumed = new Promise<{ readonly missedMs: number }>((resolve) => session.on("resumed", resolve));
  way.cut();
  expect((await resumed).missedMs).toBe(0);
  expect(await playing).toMatchObject({ heardMs: 1500, complete: true, exact: true });
  // What has left is still on its way to her ear.
  const [after] = await Promise.all([session.play(tone(700, 300)), alice.hears(700)]);
  expect(after).toMatchObject({ heardMs: 300, exact: true });
  await alice.hangup();
  expect(await session.ended).toMatchObject({ reason: "call_ended" });
});

it("is handed to another process when this one restarts", async () => {
  const { bot, next } = await startBot();
  const { port } = bot;
  const [alice, session] = await Promise.all([call(bot.url, "v1"), next]);
  void session.play(tone(620, 2000));
  await alice.hears(620);
  await bot.close({ restart: true });
  expect(await session.ended).toMatchObject({ reason: "server_closed" });
  const other = await startBot({ port });
  const later = await other.next;
  expect(later).toMatchObject({ resumed: true, streamId: session.streamId, callId: session.callId });
  expect(await later.play(tone(700, 300))).toMatchObject({ heardMs: 300, complete: true, exact: true });
  await alice.hangup();
});
