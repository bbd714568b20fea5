import { expect, it } from "vitest";
import { fuzz } from "../fuzz.test.support.ts";
import type { Chance } from "../fuzz-mutation.test.support.ts";
import {
  buildRtcp, eventReceiver, isRtcp, jitterMeter, parseRtcp, parseRtp, parseTelephoneEvent, roundTripMs, rtpView, sequenceTracker, writeRtpHeader, writeTelephoneEvent,
  type RtcpPacket,
} from "./index.ts";

function rtpPacket(payload: Uint8Array, marker = false): Uint8Array {
  const bytes = new Uint8Array(12 + payload.length);
  writeRtpHeader(bytes, { payloadType: 0, sequence: 65_535, timestamp: 4_294_967_200, ssrc: 1, marker });
  bytes.set(payload, 12);
  return bytes;
}

it("a packet is RTP or refused, and what it holds lies within it", async () => {
  const view = rtpView();
  const tracker = sequenceTracker();
  const meter = jitterMeter(8000);
  let nowMs = 0;
  const report = await fuzz({
    name: "rtp", seeds: [rtpPacket(new Uint8Array(160), true), Uint8Array.from([0xb1, 0x80, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0, 9, 9, 0, 2])],
    run(input) {
      const failure = parseRtp(input, view);
      isRtcp(input);
      if (failure !== undefined) return failure;
      if (view.payloadOffset < 12 || view.payloadLength < 0 || view.payloadOffset + view.payloadLength > input.length) throw new Error("the payload lies outside of the packet");
      nowMs += 20;
      meter.push(view.timestamp, nowMs);
      if (!Number.isFinite(meter.ticks)) throw new Error("the jitter is no number");
      return `${tracker.push(view.sequence)} ${view.marker} ${view.payloadOffset}`;
    },
  });
  expect(report.outcomes).toBeGreaterThan(6);
}, 300_000);

const block = { ssrc: 1, fractionLost: 255, lost: -8_388_608, highestSequence: 0xffff_ffff, jitter: 0xffff_ffff, lastReport: 1, delaySinceLastReport: 2 };
const reports: readonly RtcpPacket[] = [
  { type: "sender_report", ssrc: 7, sender: { ntpSeconds: 1, ntpFraction: 2, rtpTimestamp: 3, packets: 4, bytes: 5 }, blocks: [block, block] },
  { type: "receiver_report", ssrc: 7, blocks: [block] },
  { type: "description", chunks: [{ ssrc: 7, cname: "a@b" }] },
  { type: "bye", ssrcs: [1, 2], reason: "over" },
];

it("a datagram is RTCP or refused, and is written as it was read", async () => {
  const report = await fuzz({
    name: "rtcp", seeds: [buildRtcp(reports), ...reports.map((packet) => buildRtcp([packet]))],
    grammar: (random: Chance) => {
      const parts = Array.from({ length: 1 + random.below(4) }, () => {
        const words = random.below(12);
        return Uint8Array.from([0x80 | (random.one(4) ? 0x20 : 0) | random.below(32), 192 + random.below(32), 0, words, ...random.bytes(words * 4)]);
      });
      return new Uint8Array(Buffer.concat(parts));
    },
    run(input) {
      const parsed = parseRtcp(input);
      if (typeof parsed === "string") return parsed;
      const known = parsed.filter(({ type }) => type !== "other");
      for (const packet of known) {
        if (packet.type === "receiver_report" || packet.type === "sender_report") for (const one of packet.blocks) roundTripMs(1, one);
      }
      const again = known.length > 0 ? parseRtcp(buildRtcp(known)) : known;
      if (typeof again === "string") throw new Error(`what was written is refused: ${again}`);
      return parsed.map(({ type }) => type).join(" ");
    },
  });
  expect(report.outcomes).toBeGreaterThan(6);
}, 300_000);

it("telephone events, whatever comes in whatever order, make keys of a bounded number", async () => {
  const event = (number: number, durationTicks: number, end: boolean) => {
    const bytes = new Uint8Array(4);
    writeTelephoneEvent(bytes, 0, { event: number, end, volume: 10, durationTicks });
    return bytes;
  };
  const press = (number: number) => new Uint8Array(Buffer.concat([event(number, 160, false), event(number, 320, false), event(number, 480, true), event(number, 480, true)]));
  const report = await fuzz({
    name: "telephone-event", seeds: [press(5), new Uint8Array(Buffer.concat([press(1), press(11), press(16), press(1)]))],
    run(input) {
      const receiver = eventReceiver();
      let [digits, nowMs, timestamp] = [0, 0, 0];
      for (let at = 0; at < input.length; at += 4) {
        const payload = input.subarray(at, at + 4);
        parseTelephoneEvent(payload);
        const first = payload[0] ?? 0;
        timestamp = (timestamp + (first & 0x80 ? 4_000_000_000 : first * 40)) >>> 0;
        nowMs += 20 + (first & 0x40 ? 300 : 0);
        digits += receiver.push(payload, timestamp, (first & 0x20) !== 0, nowMs).length + receiver.elapse(nowMs).length;
      }
      digits += receiver.elapse(nowMs + 10_000).length;
      if (receiver.active) throw new Error("a key is held for ever");
      if (digits > input.length / 4 + 1) throw new Error("there are more keys than packets");
      return digits;
    },
  });
  expect(report.outcomes).toBeGreaterThan(3);
}, 300_000);
