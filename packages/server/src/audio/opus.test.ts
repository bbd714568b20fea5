import { afterEach, describe, expect, it } from "vitest";
import { createDecoder, createEncoder, FRAME_SAMPLES, MAX_FRAME_BYTES, opusStates, tonePower, toneSamples, type EncoderWishes } from "./index.ts";
import { opusPeer, peerTone } from "./opus-peer.test.support.ts";

const held: { close(): void }[] = [];
const keep = <T extends { close(): void }>(one: T): T => {
  held.push(one);
  return one;
};
afterEach(() => {
  for (const one of held.splice(0)) one.close();
  expect(opusStates()).toBe(0);
});

/** The packets that an encoder of ours makes of samples. */
function packetsOf(samples: Int16Array, wishes?: EncoderWishes, lossPercent = 0): readonly Uint8Array[] {
  const encoder = keep(createEncoder("opus", wishes));
  encoder.expectLoss(lossPercent);
  return Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, frame) => {
    const target = new Uint8Array(12 + MAX_FRAME_BYTES);
    const length = encoder.encode(samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES), target, 12);
    expect(target.subarray(0, 12).every((octet) => octet === 0)).toBe(true);
    return target.slice(12, 12 + length);
  });
}

/** What a decoder of ours makes of packets. */
function heard(packets: readonly Uint8Array[]): Int16Array {
  const decoder = keep(createDecoder("opus"));
  const samples = new Int16Array(packets.length * 960);
  let at = 0;
  for (const packet of packets) at += decoder.decode(packet, samples.subarray(at));
  return samples.subarray(0, at);
}

const tone = toneSamples({ frequencyHz: 440, durationMs: 1000 });
const meanBytes = (packets: readonly Uint8Array[]) => packets.reduce((sum, { length }) => sum + length, 0) / packets.length;
/** How far apart two signals are, as a share of the first one's energy. */
const difference = (one: Int16Array, other: Int16Array) => {
  const energy = (samples: readonly number[]) => samples.reduce((sum, sample) => sum + sample * sample, 0);
  return energy(Array.from(one, (sample, index) => sample - (other[index] ?? 0))) / energy([...one]);
};
/** Like speech: a voice whose pitch and loudness change, so that nothing goes on as it was. */
const voice = Int16Array.from({ length: 8000 * 3 }, (_, index) => {
  const seconds = index / 8000;
  const phase = 2 * Math.PI * (130 * seconds + 6 * Math.sin(2 * Math.PI * 2.3 * seconds));
  const loudness = 0.2 + Math.abs(Math.sin(2 * Math.PI * 3.1 * seconds));
  return 2200 * loudness * [1, 2, 3, 4, 5, 7].reduce((sum, harmonic) => sum + Math.sin(harmonic * phase) / harmonic, 0);
});

describe("what is encoded", () => {
  it("is 20 ms of narrowband, coded for speech, in each packet (RFC 6716 §3.1)", () => {
    for (const packet of packetsOf(tone)) expect(packet[0]! >> 2).toBe((1 << 1) | 0);
  });

  it("is clean and small", () => {
    const packets = packetsOf(tone);
    expect(tonePower(heard(packets).subarray(800), 440)).toBeGreaterThan(0.99);
    expect(meanBytes(packets)).toBeLessThan(45);
  });

  it("is as small as the peer asks for, but no smaller than can be", () => {
    const [usual, small, smallest] = [undefined, 8000, 1].map((maxBitrate) => meanBytes(packetsOf(voice, maxBitrate === undefined ? {} : { maxBitrate })));
    expect(small! * 8 * 50).toBeLessThan(9000);
    expect(usual!).toBeGreaterThan(small! * 1.5);
    expect(smallest! * 8 * 50).toBeGreaterThan(4000);
  });

  it("has packets of one length if the peer asks for it", () => {
    expect(new Set(packetsOf(voice, { constantBitrate: true }).map(({ length }) => length)).size).toBe(1);
    expect(new Set(packetsOf(voice).map(({ length }) => length)).size).toBeGreaterThan(5);
  });
});

describe("what a peer sends", () => {
  const rates = [8000, 16_000, 24_000, 48_000] as const;
  const lengths = [2.5, 5, 10, 20, 40, 60, 120] as const;
  const cases = rates.flatMap((rateHz) => lengths.flatMap((packetMs) => ([1, 2] as const).map((channels) => [rateHz, packetMs, channels] as const)));
  it.each(cases)("at %i Hz, in packets of %d ms, on %i channels, is heard at 8 kHz, all of it", (rateHz, packetMs, channels) => {
    const peer = keep(opusPeer({ rateHz, channels, application: packetMs < 10 ? "audio" : "voip" }));
    const samples = peerTone(440, 1200, rateHz, channels);
    const step = (rateHz / 1000) * packetMs * channels;
    const packets = Array.from({ length: samples.length / step }, (_, index) => peer.encode(samples.subarray(index * step, (index + 1) * step)));
    const decoded = heard(packets);
    expect(decoded).toHaveLength(1200 * 8);
    expect(tonePower(decoded.subarray(1600), 440)).toBeGreaterThan(0.97);
  });

  it("is understood whatever it switches to in between", () => {
    const modes = [{ rateHz: 48_000, application: "audio", bitrate: 96_000 }, { rateHz: 16_000 }, { rateHz: 48_000, application: "restricted_lowdelay" }, { rateHz: 8000 }] as const;
    const packets = modes.flatMap((mode) => {
      const peer = keep(opusPeer(mode));
      const samples = peerTone(440, 500, mode.rateHz);
      const step = mode.rateHz / 50;
      return Array.from({ length: 25 }, (_, index) => peer.encode(samples.subarray(index * step, (index + 1) * step)));
    });
    const decoded = heard(packets);
    expect(decoded).toHaveLength(2000 * 8);
    for (let at = 400; at < 2000; at += 500) expect(tonePower(decoded.subarray(at * 8, (at + 90) * 8), 440)).toBeGreaterThan(0.9);
  });

  it("may be as loud as can be: no sample is what stands for none elsewhere", () => {
    const square = Int16Array.from({ length: 8000 }, (_, index) => (index % 16 < 8 ? 32_767 : -32_768));
    const peer = keep(opusPeer({ rateHz: 8000, bitrate: 64_000 }));
    const decoded = heard(Array.from({ length: 50 }, (_, index) => peer.encode(square.subarray(index * 160, (index + 1) * 160))));
    expect(Math.min(...decoded)).toBe(-32_767);
  });
});

describe("what is lost", () => {
  /** What stands for the frame before the last one of these packets, and what it is without loss. */
  function madeUp(packets: readonly Uint8Array[]) {
    const [decoder, whole] = [keep(createDecoder("opus")), keep(createDecoder("opus"))];
    const [samples, truth] = [new Int16Array(960), new Int16Array(960)];
    for (const packet of packets.slice(0, -2)) decoder.decode(packet, samples);
    for (const packet of packets.slice(0, -1)) whole.decode(packet, truth);
    const count = decoder.conceal(FRAME_SAMPLES, packets.at(-1)!, samples);
    return { count, difference: difference(truth.subarray(0, FRAME_SAMPLES), samples) };
  }

  it("goes on as it was, and is no silence", () => {
    const decoder = keep(createDecoder("opus"));
    const packets = packetsOf(tone);
    const samples = new Int16Array(960);
    for (const packet of packets.slice(0, 20)) decoder.decode(packet, samples);
    expect(decoder.conceal(3 * FRAME_SAMPLES, packets[23]!, samples)).toBe(3 * FRAME_SAMPLES);
    expect(tonePower(samples.subarray(0, 3 * FRAME_SAMPLES), 440)).toBeGreaterThan(0.4);
  });

  it("is told by the packet behind it, once the peer has reported loss and can make use of that", () => {
    const ends = Array.from({ length: 60 }, (_, index) => 40 + index);
    const mean = (packets: readonly Uint8Array[]) => ends.reduce((sum, end) => sum + madeUp(packets.slice(0, end)).difference, 0) / ends.length;
    const [told, unasked, lossless] = [packetsOf(voice, { inbandFec: true }, 20), packetsOf(voice, {}, 20), packetsOf(voice, { inbandFec: true })];
    expect(mean(told)).toBeLessThan(mean(unasked) / 2);
    expect(lossless).toEqual(unasked);
  });

  it.each([[7, 0], [20, 20], [30, 20], [960, 960], [961, 960], [1000, 0]])("of %i samples %i are made up, in multiples of 2.5 ms, at most 120 ms", (missing, made) => {
    const packets = packetsOf(tone);
    const decoder = keep(createDecoder("opus"));
    const samples = new Int16Array(960);
    decoder.decode(packets[0]!, samples);
    expect(decoder.conceal(missing, packets[1]!, samples)).toBe(made);
  });
});

describe("what is no Opus", () => {
  it.each([
    ["nothing", []],
    ["a code 1 packet of odd length (RFC 6716 §3.2.3)", [0x09, 1]],
    ["a code 2 packet without its frames (§3.2.4)", [0x0a, 250]],
    ["a code 3 packet of no frames (§3.2.5)", [0x0b, 0]],
    ["more than 120 ms (§3.4)", [0x1b, 63]],
    ["more padding than there is", [0x0b, 0x41, 255, 255]],
  ])("%s: no samples, no failure, and what comes next is heard", (_, octets) => {
    const decoder = keep(createDecoder("opus"));
    const samples = new Int16Array(960);
    expect(decoder.decode(Uint8Array.from(octets), samples)).toBe(0);
    expect(decoder.conceal(160, Uint8Array.from(octets), samples)).toBe(0);
    expect(decoder.decode(packetsOf(tone)[0]!, samples)).toBe(160);
  });

  it("is not even looked at when it is longer than any datagram", () => {
    expect(keep(createDecoder("opus")).decode(new Uint8Array(70_000), new Int16Array(960))).toBe(0);
  });
});

describe("memory", () => {
  it("is held by what is open, and freed once", () => {
    const [encoder, decoder] = [createEncoder("opus"), createDecoder("opus")];
    expect(opusStates()).toBe(2);
    for (let time = 0; time < 3; time++) [encoder, decoder].forEach((one) => one.close());
    expect(opusStates()).toBe(0);
    expect(encoder.encode(tone.subarray(0, 160), new Uint8Array(160), 0)).toBe(0);
    expect(decoder.decode(Uint8Array.of(8), new Int16Array(160))).toBe(0);
  });

  it("grows under those who are open, who do not notice", () => {
    const [encoder, decoder] = [keep(createEncoder("opus")), keep(createDecoder("opus"))];
    const crowd = Array.from({ length: 600 }, () => keep(createEncoder("opus")));
    const target = new Uint8Array(MAX_FRAME_BYTES);
    const samples = new Int16Array(tone.length);
    for (let at = 0; at < tone.length; at += FRAME_SAMPLES) {
      const length = encoder.encode(tone.subarray(at, at + FRAME_SAMPLES), target, 0);
      expect(decoder.decode(target.subarray(0, length), samples.subarray(at))).toBe(FRAME_SAMPLES);
    }
    expect(tonePower(samples.subarray(800), 440)).toBeGreaterThan(0.99);
    expect(crowd.at(-1)!.encode(tone.subarray(0, 160), target, 0)).toBeGreaterThan(0);
  });
});
