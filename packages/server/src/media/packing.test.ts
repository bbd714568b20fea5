import { afterEach, describe, expect, it } from "vitest";
import { createDecoder, FRAME_SAMPLES, opusStates, tonePower, toneSource, type AudioCodec } from "../audio/index.ts";
import { clockRateHz } from "./rtp-clock.ts";
import { newWire } from "./wire.test.support.ts";

const releases: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  expect(opusStates()).toBe(0);
});

const never = new AbortController().signal;
const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const;
const spoken = (codec: AudioCodec) => ({ codec, payloadType: payloadTypes[codec], telephoneEventPayloadType: 101 });
const codecs = ["PCMU", "PCMA", "G722", "opus"] as const;

describe("a peer that asks for so much audio in a packet (a=ptime)", () => {
  const asked = [[undefined, 20], [10, 20], [20, 20], [30, 20], [40, 40], [60, 60], [120, 60]] as const;
  it.each(asked.flatMap(([packetMs, sentMs]) => codecs.map((codec) => [packetMs, codec, sentMs] as const)))(
    "%s ms of %s gets %i ms, with nothing missing", async (packetMs, codec, sentMs) => {
      const { clock, session, packets } = await newWire(releases, { ...spoken(codec), ...(packetMs !== undefined && { packetMs }) });
      const playing = session.play(toneSource({ frequencyHz: 700, durationMs: 600 }), never);
      await clock.advance(950);
      expect(await playing).toEqual({ complete: true, heardMs: 600 });
      const sent = packets(payloadTypes[codec]);
      expect(sent.length).toBe(960 / sentMs);
      expect(sent.map(({ marker }) => marker)).toEqual(sent.map((_, index) => index === 0));
      expect(sent.map(({ timestamp }) => (timestamp - sent[0]!.timestamp) >>> 0)).toEqual(sent.map((_, index) => (index * sentMs * clockRateHz(codec)) / 1000));
      const decoder = createDecoder(codec);
      const heard = new Int16Array(960 * 8);
      for (const [index, { payload }] of sent.entries()) expect(decoder.decode(payload, heard.subarray(index * sentMs * 8))).toBe(sentMs * 8);
      decoder.close();
      expect(tonePower(heard.subarray(800, 4400), 700)).toBeGreaterThan(0.95);
    });

  it("gets its keys as ever, and audio at its place in time behind them", async () => {
    const { clock, session, packets } = await newWire(releases, { ...spoken("PCMU"), packetMs: 60 });
    await clock.advance(70);
    const pressing = session.sendDigits("5", never);
    await clock.advance(400);
    await pressing;
    const [audio, keys] = [packets(0), packets(101)];
    expect(keys.length).toBe(7);
    const after = (audio[0]!.timestamp + 80 * 8) >>> 0;
    expect(keys.every(({ timestamp }) => timestamp === after)).toBe(true);
    expect(audio[1]!.timestamp).toBe((after + 7 * FRAME_SAMPLES) >>> 0);
  });

  it("may ask for something else in mid-call, and be put on hold", async () => {
    const { clock, session, packets, configure } = await newWire(releases, { ...spoken("PCMU"), packetMs: 40 });
    void session.play(toneSource({ frequencyHz: 700 }), never);
    await clock.advance(90);
    configure({ ...spoken("PCMU"), packetMs: 40, direction: "inactive" });
    await clock.advance(100);
    configure({ ...spoken("PCMU"), packetMs: 60 });
    await clock.advance(120);
    configure({ ...spoken("PCMU"), packetMs: 20 });
    await clock.advance(60);
    const sent = packets(0);
    expect(sent.map(({ payload, marker }) => [payload.length, marker])).toEqual([[320, true], [320, false], [480, true], [480, false], [160, false], [160, false], [160, false]]);
    const ms = sent.map(({ timestamp }) => ((timestamp - sent[0]!.timestamp) >>> 0) / 8);
    expect(ms).toEqual([0, 40, 200, 260, 320, 340, 360]);
    await session.close();
  });
});
