import { TwilioRealtimeTransportLayer } from "@openai/agents-extensions";
import { dominantTone, toneSamples, type PhoneCall } from "@piopiy/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { app, callerId, heardMs, receivedBy, startRealServer, type RealServer } from "./real-server.test.support.ts";
import type { RealtimeSession } from "./realtime-stand-in/session.ts";
import { startRealtimeStandIn, type RealtimeStandIn } from "./realtime-stand-in/stand-in.ts";
import { decodeUlaw, encodeUlaw } from "../packages/server/dist/audio/g711.js";

// A client library that was written for Media Streams, unchanged, between a real call of our server and the stand-in for
// the API that it speaks to.

const tones = { caller: 440, bot: 1000 } as const;
const all: readonly number[] = Object.values(tones);

let server: RealServer;
let api: RealtimeStandIn;
const bots = new WebSocketServer({ host: "127.0.0.1", port: 0 });
beforeAll(async () => {
  [server, api] = await Promise.all([startRealServer(3), startRealtimeStandIn()]);
});
afterAll(async () => {
  await server.close();
  expect(bots.clients.size).toBe(0);
  await Promise.all([api.close(), new Promise((done) => bots.close(done))]);
});

interface Talk {
  readonly call: PhoneCall;
  readonly layer: TwilioRealtimeTransportLayer;
  readonly realtime: RealtimeSession;
  /** Resolves when the library was told of a mark. */
  readonly mark: (test: (name: string) => boolean) => Promise<string>;
}

/** A call whose bot is the library. */
async function talk(): Promise<Talk> {
  const phone = await server.phone();
  const dialled = new Promise<WebSocket>((connected) => bots.once("connection", connected));
  const [rings, connects] = [phone.nextCall(), api.session()];
  const address = bots.address();
  const flow = [{ action: "stream", ws_url: `ws://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`, dialect: "twilio" }];
  const body = JSON.stringify({ appid: app.appid, secret: app.token, from: callerId, to: phone.username, pcmo: flow });
  const placed = fetch(`${server.url}/v2/global_pcmo_make_call`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const layer = new TwilioRealtimeTransportLayer({ twilioWebSocket: await dialled, url: api.url });
  const marks: string[] = [];
  const watchers = new Set<() => void>();
  layer.on("*", (event) => {
    if (event.type !== "twilio_message" || event["message"].event !== "mark") return;
    marks.push(event["message"].mark.name);
    for (const watch of watchers) watch();
  });
  await layer.connect({ apiKey: "a key of these tests" });
  const realtime = await connects;
  await realtime.next("session.update");
  expect((await placed).status).toBe(200);
  return {
    call: await rings, layer, realtime,
    mark: (test) => new Promise((told) => {
      const watch = () => {
        const found = marks.find(test);
        if (found === undefined) return;
        watchers.delete(watch);
        told(found);
      };
      watchers.add(watch);
      watch();
    }),
  };
}

const tone = (durationMs: number): Uint8Array => encodeUlaw(toneSamples({ frequencyHz: tones.bot, durationMs }));

/** Resolves when the API has heard this tone for a third of a second. */
async function hears(realtime: RealtimeSession, layer: TwilioRealtimeTransportLayer, frequencyHz: number): Promise<void> {
  await new Promise<void>((heard) => {
    const check = () => {
      const last = decodeUlaw(realtime.heard().slice(-2640));
      if (last.length < 2640 || dominantTone(last, all) !== frequencyHz) return;
      layer.off("*", check);
      heard();
    };
    layer.on("*", check);
  });
}

describe("a client library for Media Streams", () => {
  it("carries the caller to the API and the API to the caller", async () => {
    const { call, layer, realtime, mark } = await talk();
    const received = receivedBy(call, all);
    expect([realtime.input, realtime.output, realtime.authorization]).toEqual([{ type: "audio/pcmu" }, { type: "audio/pcmu" }, "Bearer a key of these tests"]);
    const item = realtime.say(tone(500));
    // Everything was heard: the mark behind it has come back, and the tone was on the phone.
    expect(await mark((name) => name.startsWith("done:"))).toBe(`done:${item}`);
    call.sendTone(tones.caller);
    await hears(realtime, layer, tones.caller);
    expect(Math.abs(received.reduce((sum, { ms }) => sum + ms, 0) - 500)).toBeLessThanOrEqual(20);
    await call.hangup();
    await realtime.closed;
  });

  it("interrupts the API when the caller speaks: what was queued is cleared, and the API learns what was heard", async () => {
    const { call, layer, realtime, mark } = await talk();
    const item = realtime.say(tone(10_000), { finished: false });
    await call.hears(tones.bot, 400);
    call.sendTone(tones.caller);
    // The stand-in hears that somebody speaks; the library clears, and cuts off what it believes was not heard.
    const truncated = await realtime.next("conversation.item.truncate");
    // The marks of what was cleared come back.
    await mark((name) => name === `${item}:10000`);
    await hears(realtime, layer, tones.caller);
    await call.hangup();
    const heard = heardMs(call.heard().spans(all), tones.bot);
    expect(heard).toBeLessThan(2500);
    expect(truncated).toMatchObject({ item_id: item });
    expect(Math.abs(Number(truncated["audio_end_ms"]) - heard)).toBeLessThanOrEqual(400);
    await realtime.closed;
  });
});
