import { describe, expect, it } from "vitest";
import { writeRtpHeader } from "../rtp/index.ts";
import { Hearing } from "./hearing.ts";
import { Inbound } from "./inbound.ts";
import { createLatch } from "./latch.ts";
import { newCounters } from "./statistics.ts";

const peer = { host: "192.0.2.1", port: 4000 };
const FRAME = 160;
/** What G.711 says for the loudest of its samples, and what it means. */
const LOUD = { code: 0x80, sample: 32_124 };

/** A party that says or leaves out frame after frame, and what of it is heard in each. */
function talk() {
  const counters = newCounters();
  const inbound = new Inbound(createLatch(), counters, { digit: () => undefined, source: () => undefined, control: () => undefined });
  inbound.configure({ remote: peer, codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 101, direction: "sendrecv" });
  const listened: Int16Array[] = [];
  const hearing = (inbound.hearing = new Hearing(0, (frame) => listened.push(frame.slice())));
  const heard: Int16Array[] = [];
  let nowMs = 0;
  let sequence = 65_500;
  const step = (payloadType?: number, payload = new Uint8Array(FRAME).fill(LOUD.code)) => {
    nowMs += 20;
    if (payloadType !== undefined) {
      const datagram = new Uint8Array(12 + payload.length);
      datagram.set(payload, writeRtpHeader(datagram, { marker: false, payloadType, ssrc: 7, sequence: sequence++ & 0xffff, timestamp: (0xffff_f000 + nowMs * 8) >>> 0 }));
      inbound.push(datagram, peer.host, peer.port, nowMs);
    }
    hearing.elapse(nowMs);
    const frame = new Int16Array(FRAME);
    inbound.read(frame, nowMs);
    heard.push(frame);
  };
  const times = (count: number, ...what: Parameters<typeof step>) => {
    for (let index = 0; index < count; index++) step(...what);
  };
  return { step, times, heard, listened, counters };
}

/** Below overload, as RFC 3389 §3 counts it. */
const levelDbov = (frames: readonly Int16Array[]) => {
  const squares = frames.flatMap((frame) => Array.from(frame, (sample) => sample * sample));
  return -10 * Math.log10(squares.reduce((sum, square) => sum + square, 0) / squares.length / 32_767 ** 2);
};
const isSpeech = (frame: Int16Array | undefined) => frame?.every((sample) => sample === LOUD.sample) ?? false;
const isSilent = (frame: Int16Array) => frame.every((sample) => sample === 0);
const noise = (level: number, ...spectrum: readonly number[]) => [13, Uint8Array.of(level, ...spectrum)] as const;

describe("a party that leaves out its silence", () => {
  it.each([
    ["as loud as it says", noise(50), 50],
    ["as loud as it says, whatever its spectrum", noise(60, 120, 130, 140), 60],
    ["never loud", noise(0), 30],
  ] as const)("is heard as noise %s, until it speaks again", (_, packet, level) => {
    const { step, times, heard } = talk();
    times(10, 0);
    step(...packet);
    times(149);
    times(10, 0);
    // The buffer waits two frames: what is said is heard then.
    expect(heard.slice(2, 12).every(isSpeech)).toBe(true);
    expect(levelDbov(heard.slice(12, 162))).toBeCloseTo(level, 0);
    for (const frame of heard.slice(12, 162)) expect(levelDbov([frame])).toBeCloseTo(level, -1);
    expect(heard.slice(162).every(isSpeech)).toBe(true);
  });

  it("may say on the way that it has become quieter", () => {
    const { step, times, heard } = talk();
    times(5, 0);
    step(...noise(40));
    times(49);
    step(...noise(70));
    times(50);
    expect(levelDbov(heard.slice(10, 50))).toBeCloseTo(40, 0);
    expect(levelDbov(heard.slice(60, 100))).toBeCloseTo(70, 0);
  });

  it("is heard from the beginning, though it begins with noise", () => {
    const { step, times, heard } = talk();
    step(...noise(50));
    times(30);
    expect(levelDbov(heard.slice(5))).toBeCloseTo(50, 0);
  });

  it("loses nothing: what was left out is not concealed, not missed, and takes as long for those who listen early", () => {
    const { step, times, listened, counters } = talk();
    for (let round = 0; round < 5; round++) {
      times(20, 0);
      step(...noise(50));
      times(79);
    }
    times(20, 0);
    expect(counters).toMatchObject({ packetsLost: 0, packetsDiscarded: 0, packetsInvalid: 0, packetsReceived: 125 });
    expect(Math.abs(listened.length - 520)).toBeLessThanOrEqual(3);
    expect(listened.filter(isSpeech).length).toBe(120);
    expect(listened.every((frame) => isSpeech(frame) || isSilent(frame))).toBe(true);
  });

  it("is not understood when it says nothing", () => {
    const { step, times, heard, counters } = talk();
    times(5, 0);
    step(13, new Uint8Array());
    step(13, Uint8Array.of(0x85));
    times(20);
    expect(counters.packetsDiscarded).toBe(2);
    expect(heard.slice(-10).every(isSilent)).toBe(true);
  });
});
