import { audible, dominantTone, toneSamples, toneSpans, wavFile, type PhoneCall } from "@piopiy/server";
import { Action, RestClient } from "piopiy";
import { type StreamServer } from "piopiy/stream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { main as echoBot } from "./echo-bot/main.ts";
import { app, callerId, receivedBy, startRealServer, webhookSecret, type RealServer } from "./real-server.test.support.ts";
import { fromMulaw, toMulaw } from "./realtime-bridge/mulaw.ts";
import { main as realtimeBridge } from "./realtime-bridge/main.ts";
import { startRealtimeStandIn } from "./realtime-stand-in/stand-in.ts";
import { main as talkingIvr } from "./talking-ivr/main.ts";

// The bots as they are published, on real calls: a real server dials them, a real phone hears them.

const env = { PORT: "0", PIOPIY_WEBHOOK_SECRETS: `an older secret,${webhookSecret}` };
let server: RealServer;
const bots: StreamServer[] = [];

beforeAll(async () => {
  server = await startRealServer(12);
});
afterAll(() => server.close());
beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));
afterEach(async () => {
  await Promise.all(bots.splice(0).map((bot) => bot.close()));
  vi.restoreAllMocks();
});

async function started(bot: Promise<StreamServer>): Promise<StreamServer> {
  bots.push(await bot);
  return bot;
}

/** For how long nothing has been heard. */
function quietMs(call: PhoneCall): number {
  const { samples } = call.heard();
  let ms = 0;
  while (samples.length >= (ms + 20) * 8 && !audible(samples.subarray(samples.length - (ms + 20) * 8, samples.length - ms * 8))) ms += 20;
  return ms;
}

/** Calls a phone whose call is streamed to a bot; resolves when the phone has answered. */
async function called(bot: StreamServer, protocol: "v1" | "compatible"): Promise<{ readonly alice: PhoneCall; readonly requestId: string }> {
  const phone = await server.phone();
  const picksUp = phone.nextCall();
  const flow = new Action().stream(`${bot.url}?call=42`, { protocol });
  const { request_id: requestId } = await new RestClient(app.appid, app.token, { baseUrl: server.url }).voice.call(phone.username, callerId, flow);
  return { alice: await picksUp, requestId };
}

describe("echo-bot", () => {
  it.each(["v1", "compatible"] as const)("says what it hears (%s)", async (protocol) => {
    const { alice, requestId } = await called(await started(echoBot(env)), protocol);
    alice.sendTone(440);
    await alice.hears(440, 1000);
    if (protocol === "v1") {
      await alice.press("#");
      expect(await alice.ended).toMatchObject({ reason: "completed", who: "peer" });
    } else await alice.hangup();
    const { timeline } = await server.ended(requestId);
    expect(timeline.find(({ type }) => type === "stream.closed")?.data).toMatchObject({ unsentMs: 0, droppedMs: 0 });
  });

  it("takes nobody who does not sign", async () => {
    const { alice, requestId } = await called(await started(echoBot({ ...env, PIOPIY_WEBHOOK_SECRETS: "another secret" })), "v1");
    await alice.ended;
    const { timeline } = await server.ended(requestId);
    expect(timeline.find(({ type }) => type === "stream.failed")?.data).toMatchObject({ message: expect.stringContaining("HTTP 401") });
  });
});

describe("talking-ivr", () => {
  const tones = { Welcome: 620, We: 700, I: 800, Goodbye: 950 } as const;
  const all = Object.values(tones);
  /** Every prompt is a tone of its own. */
  const tone = async (text: string) => {
    const frequencyHz = Object.entries(tones).find(([word]) => text.startsWith(`${word} `) || text.startsWith(`${word}.`))?.[1] ?? 0;
    return wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz, durationMs: frequencyHz === tones.Welcome ? 10_000 : 400 }));
  };

  it("stops at once when it is spoken to, and goes on when that is over", async () => {
    const { alice } = await called(await started(talkingIvr(env, tone)), "v1");
    const received = receivedBy(alice, all);
    await alice.hears(tones.Welcome, 400);
    const spokenAt = alice.heard().samples.length;
    const hush = alice.sendTone(440);
    await vi.waitFor(() => expect(quietMs(alice)).toBeGreaterThan(300), { timeout: 30_000 });
    hush();
    await vi.waitFor(() => expect(received.findLast(({ frequencyHz }) => frequencyHz === tones.I)?.ms).toBeGreaterThanOrEqual(380), { timeout: 30_000 });
    const [welcome] = toneSpans(alice.heard().samples, all);
    // 60 ms until it counts as speech, and the ways there and back.
    expect(welcome!.toMs - spokenAt / 8).toBeLessThan(400);
    await alice.hangup();
  });

  it("puts a caller through", async () => {
    const bob = await server.phone();
    const bobPicksUp = bob.nextCall();
    const { alice } = await called(await started(talkingIvr({ ...env, PIOPIY_SECOND: bob.username }, tone)), "v1");
    await alice.hears(tones.Welcome);
    await alice.press("2");
    const there = await bobPicksUp;
    there.sendTone(880);
    await alice.hears(880);
    await alice.hangup();
    await there.ended;
  });

  it("answers keys", async () => {
    const { alice } = await called(await started(talkingIvr(env, tone)), "v1");
    const received = receivedBy(alice, all);
    await alice.hears(tones.Welcome);
    await alice.press("1");
    await vi.waitFor(() => expect(received.findLast(({ frequencyHz }) => frequencyHz === tones.We)?.ms).toBeGreaterThanOrEqual(380), { timeout: 30_000 });
    await alice.press("*");
    await alice.hears(tones.Welcome);
    await alice.press("9");
    expect(await alice.ended).toMatchObject({ reason: "completed", who: "peer" });
    expect(received.map(({ frequencyHz }) => frequencyHz)).toEqual([tones.Welcome, tones.We, tones.Welcome, tones.Goodbye]);
    expect(received.at(-1)?.ms).toBeGreaterThanOrEqual(380);
  });

  it("speaks with the voice of our own speech", async () => {
    const { alice } = await called(await started(talkingIvr(env)), "v1");
    const spoken = () => {
      const { samples } = alice.heard();
      const frames = Array.from({ length: Math.floor(samples.length / 160) }, (_, at) => samples.subarray(at * 160, at * 160 + 160));
      return frames.filter((frame) => audible(frame) && dominantTone(frame, [440, ...all]) === undefined).length * 20;
    };
    await vi.waitFor(() => expect(spoken()).toBeGreaterThan(1000), { timeout: 30_000 });
    await alice.hangup();
  });
});

describe("realtime-bridge", () => {
  it("talks both ways, is interrupted at once, and tells what was heard until then", async () => {
    const tones = [880, 700];
    const says = tones.map((frequencyHz, index) => toMulaw(toneSamples({ frequencyHz, durationMs: index === 0 ? 8000 : 600 })));
    const api = await startRealtimeStandIn(() => says.shift());
    const connected = api.session();
    const { alice } = await called(await started(realtimeBridge({ ...env, REALTIME_URL: api.url, REALTIME_KEY: "a key" })), "v1");
    const realtime = await connected;
    expect(realtime.authorization).toBe("Bearer a key");
    expect(await realtime.next("session.update")).toMatchObject({ session: { type: "realtime", audio: { output: { format: { type: "audio/pcmu" } } } } });
    await alice.hears(880, 400);
    const spokenAt = alice.heard().samples.length / 8;
    const hush = alice.sendTone(440);
    const truncated = await realtime.next("conversation.item.truncate");
    await vi.waitFor(() => expect(quietMs(alice)).toBeGreaterThan(200), { timeout: 30_000 });
    hush();
    const [first] = alice.heard().spans(tones);
    expect(truncated).toMatchObject({ item_id: "item_1", content_index: 0 });
    // Of eight seconds that the API believed were heard: those that the phone's own recording holds.
    expect(Math.abs(Number(truncated["audio_end_ms"]) - (first!.toMs - first!.fromMs))).toBeLessThanOrEqual(40);
    expect(first!.toMs - spokenAt).toBeLessThan(400);
    await alice.hears(700, 300);
    expect([...new Set(toneSpans(fromMulaw(realtime.heard()), [440, ...tones]).map(({ frequencyHz }) => frequencyHz))]).toEqual([440]);
    await alice.hangup();
    await realtime.closed;
    expect(realtime.received.filter(({ type }) => type === "conversation.item.truncate")).toHaveLength(1);
    await api.close();
  });

  it("hangs up when the API is gone", async () => {
    const api = await startRealtimeStandIn();
    const connected = api.session();
    const { alice } = await called(await started(realtimeBridge({ ...env, REALTIME_URL: api.url })), "v1");
    await (await connected).next("response.create");
    await api.close();
    expect(await alice.ended).toMatchObject({ reason: "completed", who: "peer" });
  });
});
