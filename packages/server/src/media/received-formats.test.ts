import { afterEach, describe, expect, it } from "vitest";
import { createEncoder, FRAME_SAMPLES, opusStates, tonePower, toneSamples, type AudioCodec } from "../audio/index.ts";
import { clockRateHz } from "./rtp-clock.ts";
import type { MediaParameters, ReceivedFormat } from "./engine.ts";
import { newWire } from "./wire.test.support.ts";

const releases: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  expect(opusStates()).toBe(0);
});

const FORMATS = {
  PCMU: { codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 101 },
  PCMA: { codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 101 },
  G722: { codec: "G722", payloadType: 9, telephoneEventPayloadType: 101 },
  opus: { codec: "opus", payloadType: 111, telephoneEventPayloadType: 110 },
} as const satisfies Record<AudioCodec, ReceivedFormat>;

/** A session that is to speak the first of these codecs, and a peer that has agreed to all of them. */
async function line(first: AudioCodec, ...others: readonly AudioCodec[]) {
  const parameters = { ...FORMATS[first], besides: others.map((codec) => FORMATS[codec]) };
  const { clock, send, configure, ...wire } = await newWire(releases, parameters);
  const keys: string[] = [];
  wire.session.events.on("digit", ({ digit }) => keys.push(digit));
  let [sequence, ms] = [65_500, 0];
  const packet = (payloadType: number, rateHz: number, payload: Uint8Array, atMs = ms) => send(payloadType, sequence++ & 0xffff, (atMs * rateHz) / 1000, payload);
  const pass = async (spanMs: number) => {
    ms += spanMs;
    await clock.advance(spanMs);
  };
  /** The peer says a tone for as many frames. */
  const says = async (codec: AudioCodec, frequencyHz: number, frames = 30) => {
    const encoder = createEncoder(codec);
    const samples = toneSamples({ frequencyHz, durationMs: frames * 20 });
    for (let frame = 0; frame < frames; frame++) {
      const payload = new Uint8Array(FRAME_SAMPLES);
      const bytes = encoder.encode(samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES), payload, 0);
      await packet(FORMATS[codec].payloadType, clockRateHz(codec), payload.subarray(0, bytes));
      await pass(20);
    }
    encoder.close();
  };
  /** The peer presses 5 for 100 ms. */
  const presses = async (payloadType: number, rateHz: number) => {
    const startedMs = ms;
    for (const packetMs of [20, 60, 100, 100, 100]) {
      const ticks = (packetMs * rateHz) / 1000;
      await packet(payloadType, rateHz, Uint8Array.of(5, packetMs === 100 ? 0x8a : 0x0a, ticks >> 8, ticks & 0xff), startedMs);
      await pass(20);
    }
  };
  /** The peer keeps its NAT open (RFC 6263 §4.6). */
  const keepsOpen = (ssrc?: number) => send(126, sequence++ & 0xffff, (ms * clockRateHz(first)) / 1000, new Uint8Array(0), ssrc);
  return { ...wire, keys, says, presses, pass, keepsOpen, configure: (next: Partial<MediaParameters> & ReceivedFormat) => configure(next) };
}

/** Whether the last 300 ms that were heard, but for what may still be under way, were this tone. */
const isHeard = (samples: Int16Array, frequencyHz: number) => tonePower(samples.subarray(-3600, -1200), frequencyHz) > 0.9;

describe("a peer that has agreed to several codecs", () => {
  it.each([["PCMA", "PCMU"], ["PCMU", "PCMA"], ["PCMU", "G722"], ["PCMU", "opus"], ["opus", "PCMA"]] as const)(
    "is sent %s, and heard in %s (RFC 3264 §6.1)", async (first, other) => {
      const { says, heard, packets, session } = await line(first, other);
      await says(other, 700);
      expect(isHeard(heard(), 700)).toBe(true);
      expect([packets(FORMATS[first].payloadType).length > 20, packets(FORMATS[other].payloadType)]).toEqual([true, []]);
      expect(await session.close()).toMatchObject({ packetsReceived: 30, packetsInvalid: 0, packetsDiscarded: 0 });
    });

  it("may go from one to another in the middle of the stream, and back", async () => {
    const { says, heard, session } = await line("PCMU", "PCMA", "G722", "opus");
    for (const codec of ["PCMU", "opus", "PCMA", "G722", "opus", "PCMU"] as const) {
      await says(codec, 700);
      expect([codec, isHeard(heard(), 700)]).toEqual([codec, true]);
    }
    expect(await session.close()).toMatchObject({ packetsReceived: 180, packetsInvalid: 0, packetsDiscarded: 0 });
  });

  it.each([["PCMU", "opus", 110, 48_000], ["opus", "PCMU", 101, 8000], ["PCMA", "PCMU", 101, 8000]] as const)(
    "presses keys, sent %s, beside its %s", async (first, other, eventType, rateHz) => {
      const { says, presses, heard, keys } = await line(first, other);
      await says(other, 700);
      await presses(eventType, rateHz);
      await presses(eventType, rateHz);
      await says(other, 700);
      expect(keys).toEqual(["5", "5"]);
      expect(isHeard(heard(), 700)).toBe(true);
    });

  it("is not heard in one that it has not agreed to", async () => {
    const { says, heard, session } = await line("PCMU", "PCMA");
    await says("G722", 700);
    expect(heard().every((sample) => sample === 0)).toBe(true);
    expect(await session.close()).toMatchObject({ packetsReceived: 0, packetsInvalid: 30 });
  });
});

describe("a peer that is silent, and sends packets of no meaning to keep its NAT open", () => {
  it.each(["PCMU", "opus"] as const)("is there, and has lost nothing (%s)", async (codec) => {
    const { says, keepsOpen, pass, heard, session } = await line(codec);
    const quiet: number[] = [];
    session.events.on("quiet", ({ quietMs }) => quiet.push(quietMs));
    await says(codec, 700);
    for (let time = 0; time < 4; time++) {
      await pass(1500);
      await keepsOpen();
    }
    await says(codec, 700);
    expect(isHeard(heard(), 700)).toBe(true);
    expect(new Set(quiet)).toEqual(new Set([1000]));
    expect(await session.close()).toMatchObject({ packetsReceived: 60, packetsLost: 0, packetsDiscarded: 0, packetsInvalid: 4 });
  });

  it("is not there because somebody else sends some", async () => {
    const { says, keepsOpen, pass, session } = await line("PCMU");
    const quiet: number[] = [];
    session.events.on("quiet", ({ quietMs }) => quiet.push(quietMs));
    await says("PCMU", 700);
    for (let time = 0; time < 4; time++) {
      await pass(1500);
      await keepsOpen(99);
    }
    await pass(100);
    expect(Math.max(...quiet)).toBeGreaterThanOrEqual(5000);
    expect(await session.close()).toMatchObject({ packetsLost: 0, packetsInvalid: 4 });
  });
});

describe("a change of codec in mid-call", () => {
  it.each([["PCMU", "PCMA"], ["G722", "PCMU"], ["PCMU", "opus"], ["opus", "PCMU"]] as const)(
    "from %s to %s: what was on its way is heard, and nothing of the former codec after that (RFC 3264 §8.3.2)", async (former, next) => {
      const { says, heard, configure, session } = await line(former);
      await says(former, 700);
      configure(FORMATS[next]);
      await says(former, 700);
      expect(isHeard(heard(), 700)).toBe(true);
      await says(next, 1000);
      expect(isHeard(heard(), 1000)).toBe(true);
      await says(former, 700, 5);
      expect(await session.close()).toMatchObject({ packetsReceived: 90, packetsInvalid: 5 });
    });

  it("that gives a number another meaning goes by the new one", async () => {
    const { says, heard, configure, keys } = await line("PCMU");
    await says("PCMU", 700, 10);
    // 111 was nothing, 0 becomes that of the keys: nobody should, some do.
    configure({ codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 0 });
    await says("PCMA", 700);
    expect(isHeard(heard(), 700)).toBe(true);
    expect(keys).toEqual([]);
  });
});
