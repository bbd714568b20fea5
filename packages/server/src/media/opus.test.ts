import { afterEach, describe, expect, it } from "vitest";
import { createDecoder, FRAME_SAMPLES, opusStates, tonePower, toneSource } from "../audio/index.ts";
import { opusPeer, peerTone, type OpusPeerOptions } from "../audio/opus-peer.test.support.ts";
import { buildRtcp, parseTelephoneEvent, type RtcpPacket } from "../rtp/index.ts";
import { newWire, type Received } from "./wire.test.support.ts";
import type { MediaParameters } from "./index.ts";

const releases: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  expect(opusStates()).toBe(0);
});

const never = new AbortController().signal;
const OPUS = { codec: "opus", payloadType: 111, telephoneEventPayloadType: 110 } as const;
const PCMU = { codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 101 } as const;
const wire = (parameters: Partial<MediaParameters> = OPUS) => newWire(releases, { ...OPUS, ...parameters });

/** A tone in packets, as a peer codes it. */
function packetsOf(frequencyHz: number, durationMs: number, packetMs = 20, options: OpusPeerOptions = { rateHz: 48_000 }): readonly Uint8Array[] {
  const peer = opusPeer(options);
  const { rateHz, channels = 1 } = options;
  const samples = peerTone(frequencyHz, durationMs, rateHz, channels);
  const step = (rateHz / 1000) * packetMs * channels;
  const packets = Array.from({ length: Math.floor(samples.length / step) }, (_, index) => peer.encode(samples.subarray(index * step, (index + 1) * step)));
  peer.close();
  return packets;
}

const timesOf = (packets: readonly Received[]) => packets.map(({ timestamp }) => (timestamp - packets[0]!.timestamp) >>> 0);

describe("Opus on the wire", () => {
  it("is sent with a clock of 48 kHz (RFC 7587 §4.1), one frame in each packet", async () => {
    const { clock, session, packets } = await wire();
    const playing = session.play(toneSource({ frequencyHz: 700, durationMs: 400 }), never);
    await clock.advance(600);
    await playing;
    const sent = packets(111);
    expect(timesOf(sent)).toEqual(sent.map((_, index) => index * 960));
    const decoder = createDecoder("opus");
    const samples = new Int16Array(sent.length * FRAME_SAMPLES);
    for (const [index, { payload }] of sent.entries()) expect(decoder.decode(payload, samples.subarray(index * FRAME_SAMPLES))).toBe(FRAME_SAMPLES);
    decoder.close();
    expect(tonePower(samples.subarray(800, 2800), 700)).toBeGreaterThan(0.95);
  });

  it.each([2.5, 5, 10, 20, 40, 60, 120])("is taken in packets of %d ms", async (packetMs) => {
    const { clock, send, heard } = await wire();
    let sequence = 65_530;
    const first = 0xffff_ff00;
    for (const [index, packet] of packetsOf(700, 720, packetMs, { rateHz: 48_000, channels: 2, application: "audio" }).entries()) {
      await send(111, sequence++ & 0xffff, (first + index * packetMs * 48) >>> 0, packet);
      await clock.advance(packetMs);
    }
    await clock.advance(100);
    expect(tonePower(heard().subarray(2400, 5600), 700)).toBeGreaterThan(0.97);
  });

  it("may leave out silence (DTX): what comes behind it is at its place", async () => {
    const { clock, send, heard } = await wire();
    const packets = packetsOf(700, 400);
    for (const [index, packet] of [...packets, ...packets].entries()) {
      // Between them the sender says nothing for 600 ms, but its count goes on by one.
      if (index === packets.length) await clock.advance(600);
      await send(111, index, (index + (index < packets.length ? 0 : 30)) * 960, packet);
      await clock.advance(20);
    }
    await clock.advance(100);
    const samples = heard();
    const at = (fromMs: number, toMs: number) => samples.subarray(fromMs * 8 + samples.length - 1500 * 8, toMs * 8 + samples.length - 1500 * 8);
    expect(tonePower(at(100, 300), 700)).toBeGreaterThan(0.95);
    expect(at(600, 900).every((sample) => sample === 0)).toBe(true);
    expect(tonePower(at(1120, 1380), 700)).toBeGreaterThan(0.95);
  });

  it("stays a tone when packets are lost, come out of order, or come twice", async () => {
    const { clock, send, heard, session } = await wire();
    const packets = packetsOf(700, 2000);
    for (let index = 0; index < packets.length; index += 2) {
      const pair = index % 8 === 0 ? [index + 1, index, index] : [index, index + 1];
      for (const one of pair) if (one % 10 !== 9) await send(111, one, one * 960, packets[one]!);
      await clock.advance(40);
    }
    await clock.advance(100);
    const samples = heard();
    for (let at = 1600; at + 1600 <= 14_400; at += 1600) expect(tonePower(samples.subarray(at, at + 1600), 700)).toBeGreaterThan(0.9);
    // What was overtaken is heard all the same: the copies are thrown away, and what was overtaken by the very first packet.
    expect(await session.close()).toMatchObject({ packetsLost: 9, packetsDiscarded: 14 });
  });

  it("hears what a packet tells of the one that was lost before it", async () => {
    const hears = async (fec: number) => {
      const { clock, send, heard } = await wire();
      const packets = packetsOf(700, 2000, 20, { rateHz: 8000, fec, bitrate: 24_000 });
      for (const [index, packet] of packets.entries()) {
        if (index % 3 !== 2) await send(111, index, index * 960, packet);
        await clock.advance(20);
      }
      return tonePower(heard().subarray(2400, 14_400), 700);
    };
    const [told, guessed] = [await hears(30), await hears(0)];
    expect(told).toBeGreaterThan(0.7);
    expect(guessed).toBeLessThan(0.65);
  });

  it("never fails for what is no Opus", async () => {
    const { clock, send, session } = await wire();
    for (const [index, payload] of [[], [0x0b, 0], [0x1b, 63], [255, 255, 255], Array.from({ length: 1400 }, (_, octet) => octet % 251)].entries()) {
      await send(111, index * 2, index * 1920, Uint8Array.from(payload));
      await clock.advance(20);
    }
    await clock.advance(200);
    expect((await session.close()).packetsReceived).toBe(5);
  });

  it("takes no comfort noise of 8 kHz (RFC 3389 §4)", async () => {
    const { clock, send, session } = await wire();
    await send(13, 1, 960, Uint8Array.of(40));
    await clock.advance(40);
    expect(await session.close()).toMatchObject({ packetsInvalid: 1, packetsReceived: 0 });
  });

  it("is taken under the number of our offer as well as under the answer's (RFC 3264 §5.1)", async () => {
    const { clock, send, heard, packets } = await wire({ payloadType: 96, besides: [{ codec: "opus", payloadType: 111 }] });
    for (const [index, packet] of packetsOf(700, 400).entries()) {
      await send(111, index, index * 960, packet);
      await clock.advance(20);
    }
    expect(tonePower(heard().subarray(1600, 3000), 700)).toBeGreaterThan(0.95);
    expect(packets(96).length).toBeGreaterThan(10);
    expect(packets(111)).toEqual([]);
  });
});

describe("keys beside Opus", () => {
  const press = (durationTicks: number, end = false) => Uint8Array.of(5, end ? 0x8a : 0x0a, durationTicks >> 8, durationTicks & 0xff);

  it.each([["48 kHz", {}, 110, 48], ["8 kHz, where the peer knows nothing else", { telephoneEventRateHz: 8000 }, 101, 8]] as const)(
    "count by %s, both ways", async (_, parameters, type, ticksPerMs) => {
      const { clock, send, session, packets } = await wire({ ...parameters, telephoneEventPayloadType: type });
      const digits: unknown[] = [];
      session.events.on("digit", (digit) => digits.push(digit));
      for (let ms = 20; ms <= 120; ms += 20) {
        await send(type, ms / 20, 96_000, press(ms * ticksPerMs, ms === 120));
        await clock.advance(20);
      }
      expect(digits).toEqual([{ digit: "5", durationMs: 120 }]);

      const sending = session.sendDigits("7", never);
      await clock.advance(300);
      await sending;
      const sent = packets(type);
      expect(new Set(timesOf(sent))).toEqual(new Set([0]));
      expect(sent.map(({ payload }) => parseTelephoneEvent(payload)?.durationTicks)).toEqual([20, 40, 60, 80, 100, 100, 100].map((ms) => ms * ticksPerMs));
      // Audio goes on where time has got to.
      const after = packets(111).find(({ sequence }) => sequence === ((sent.at(-1)!.sequence + 1) & 0xffff));
      expect((after!.timestamp - sent[0]!.timestamp) >>> 0).toBe(7 * 960);
    },
  );
});

describe("reports about Opus", () => {
  it("count by 48 kHz: the time of what is sent, and the jitter of what comes", async () => {
    const { clock, send, session, packets, reports } = await wire({ rtcp: "mux" });
    const audio = packetsOf(700, 8000);
    for (const [index, packet] of audio.entries()) {
      await clock.advance(index % 2 === 0 ? 30 : 10);
      await send(111, index, index * 960, packet);
    }
    const [report] = reports().flat().filter((packet) => packet.type === "sender_report").slice(-1);
    const behind = (packets(111).at(-1)!.timestamp - report!.sender.rtpTimestamp) | 0;
    expect(behind % 960).toBe(0);
    expect(Math.abs(behind)).toBeLessThan(7 * 48_000);
    // Every packet is 10 ms earlier or later than the one before: the estimate goes there.
    expect(report!.blocks[0]!.jitter).toBeGreaterThan(8 * 48);
    expect(report!.blocks[0]!.jitter).toBeLessThan(11 * 48);
    const { quality } = await session.close();
    expect(quality!.received!.jitterMs).toBeGreaterThan(6);
    expect(quality!.received!.jitterMs).toBeLessThan(11);
  });

  it("of the peer tell its jitter by the same clock, and make packets tell of those before them", async () => {
    const { clock, sendControl, session, packets } = await wire({ rtcp: "mux", wishes: { inbandFec: true } });
    const playing = session.play(toneSource({ frequencyHz: 700, durationMs: 4000 }), never);
    await clock.advance(2000);
    const [{ ssrc } = { ssrc: 0 }] = packets(111);
    const block = { ssrc, fractionLost: 51, lost: 20, highestSequence: 0, jitter: 960, lastReport: 0, delaySinceLastReport: 0 };
    const lossy: RtcpPacket = { type: "receiver_report", ssrc: 7, blocks: [block] };
    const before = packets(111).slice(-50);
    await sendControl(buildRtcp([lossy]));
    await clock.advance(2000);
    await playing;
    const after = packets(111).slice(-60, -10);
    const bytes = (sent: readonly Received[]) => sent.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(bytes(after)).toBeGreaterThan(bytes(before) * 1.2);
    expect((await session.close()).quality!.sent).toMatchObject({ jitterMs: 20 });
  });
});

describe("a change of the clock in mid-call", () => {
  it("begins another source, and the one before takes its leave (RFC 7160 §4.1)", async () => {
    const { clock, configure, session, packets, reports, send, heard } = await wire({ ...PCMU, rtcp: "mux" });
    await clock.advance(200);
    const [before] = packets(0);
    configure({ ...OPUS, rtcp: "mux" });
    await clock.advance(400);
    const [first] = packets(111);
    expect(first!.ssrc).not.toBe(before!.ssrc);
    expect(first!.marker).toBe(true);
    expect(reports().flat().filter(({ type }) => type === "bye")).toEqual([{ type: "bye", ssrcs: [before!.ssrc] }]);

    // A peer that keeps its source is heard all the same, to and fro.
    for (const [index, packet] of packetsOf(700, 600).entries()) {
      await send(111, 100 + index, 5_000_000 + index * 960, packet);
      await clock.advance(20);
    }
    expect(tonePower(heard().subarray(-2400), 700)).toBeGreaterThan(0.95);
    configure({ ...PCMU, rtcp: "mux" });
    await clock.advance(200);
    expect(new Set(packets(0).map(({ ssrc }) => ssrc)).size).toBe(2);
    expect((await session.close()).packetsSent).toBe(packets(0).length + packets(111).length);
  });

  it("is none between codecs of one clock, on hold, or with other wishes", async () => {
    const { clock, configure, packets, reports } = await wire({ rtcp: "mux" });
    await clock.advance(100);
    for (const more of [{ direction: "sendonly" }, { wishes: { maxBitrate: 8000 } }, { payloadType: 96 }] as const) {
      configure({ ...OPUS, rtcp: "mux", ...more });
      await clock.advance(100);
    }
    const sent = [...packets(111), ...packets(96)];
    expect(new Set(sent.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(timesOf(sent)).toEqual(sent.map((_, index) => index * 960));
    expect(reports().flat().filter(({ type }) => type === "bye")).toEqual([]);
  });
});

describe("what codecs hold", () => {
  it("is freed with every change of source, codec and wishes, and in the end", async () => {
    const { clock, configure, send, session } = await wire();
    const [packet] = packetsOf(700, 20);
    expect(opusStates()).toBe(2);
    for (let time = 0; time < 50; time++) {
      await send(111, time, time * 960, packet!, 1000 + time);
      configure(time % 2 === 0 ? PCMU : OPUS);
      configure({ ...OPUS, wishes: { maxBitrate: 8000 + time } });
      await clock.advance(20);
      expect(opusStates()).toBe(2);
    }
    configure(PCMU);
    expect(opusStates()).toBe(0);
    configure(OPUS);
    await session.close();
    expect(opusStates()).toBe(0);
  });

  it("is freed by hundreds of sessions, whether they were talking or not", async () => {
    const { engine, port } = await wire();
    for (let round = 0; round < 10; round++) {
      const sessions = await Promise.all(Array.from({ length: 20 }, () => engine.open()));
      for (const session of sessions) session.configure({ remote: { host: "127.0.0.1", port }, direction: "sendrecv", ...OPUS });
      expect(opusStates()).toBe(2 + 2 * sessions.length);
      await Promise.all(sessions.map((session) => session.close()));
    }
    expect(opusStates()).toBe(2);
  });
});
