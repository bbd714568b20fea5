import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededIds } from "../base/index.ts";
import { middleOf, ntpOf, parseRtcp, sequenceTracker, type ReportBlock, type RtcpPacket } from "../rtp/index.ts";
import { createLatch } from "./latch.ts";
import { legQuality } from "./leg-quality.ts";
import { createReception } from "./rtcp-reception.ts";
import { createRtcp } from "./rtcp-session.ts";

const OURS = 0x1111;
const THEIRS = 0x2222;
const peer = { host: "192.0.2.1", port: 4000 };

function newRtcp() {
  const reception = createReception(8000);
  const rtcp = createRtcp(seededIds(3), OURS, reception);
  rtcp.begin(10_000);
  return { reception, rtcp };
}

const read = (bytes: Uint8Array): readonly RtcpPacket[] => {
  const packets = parseRtcp(bytes);
  if (typeof packets === "string") throw new Error(packets);
  return packets;
};
const sent = (packets: number) => ({ packets, bytes: packets * 160, timestamp: 777 });
const block = (more: Partial<ReportBlock> = {}): ReportBlock => ({
  ssrc: OURS, fractionLost: 0, lost: 0, highestSequence: 0, jitter: 0, lastReport: 0, delaySinceLastReport: 0, ...more,
});
const report = (...blocks: readonly ReportBlock[]): readonly RtcpPacket[] => [{ type: "receiver_report", ssrc: THEIRS, blocks }];

describe("reports", () => {
  it("come at random times about five seconds apart, the first one sooner (RFC 3550 §6.3.1)", () => {
    const { rtcp } = newRtcp();
    expect(rtcp.dueMs - 10_000).toBeGreaterThanOrEqual(1025);
    expect(rtcp.dueMs - 10_000).toBeLessThanOrEqual(3080);
    const intervals = Array.from({ length: 400 }, () => {
      const dueMs = rtcp.dueMs;
      rtcp.report(sent(0), dueMs);
      return rtcp.dueMs - dueMs;
    });
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(2051);
    expect(Math.max(...intervals)).toBeLessThanOrEqual(6158);
    expect(Math.max(...intervals) - Math.min(...intervals)).toBeGreaterThan(3500);
    expect(intervals.reduce((sum, one) => sum + one) / intervals.length / 4104).toBeCloseTo(1, 1);
  });

  it("are none before media has begun", () => {
    expect(createRtcp(seededIds(), OURS, createReception(8000)).dueMs).toBe(Infinity);
  });

  it("are a sender's while it sends, and for one report after that (RFC 3550 §6.4)", () => {
    const { rtcp } = newRtcp();
    const types = [100, 200, 200, 200, 300].map((packets, index) => read(rtcp.report(sent(packets), 12_000 + index * 5000))[0]?.type);
    expect(types).toEqual(["sender_report", "sender_report", "sender_report", "receiver_report", "sender_report"]);
  });

  it("tell what was sent, and always the same name", () => {
    const { rtcp } = newRtcp();
    const [first, name] = read(rtcp.report(sent(100), 12_500));
    expect(first).toEqual({
      type: "sender_report", ssrc: OURS, blocks: [],
      sender: { ntpSeconds: 12, ntpFraction: 2 ** 31, rtpTimestamp: 777, packets: 100, bytes: 16_000 },
    });
    expect(name).toEqual({ type: "description", chunks: [{ ssrc: OURS, cname: expect.stringMatching(/^[A-Za-z0-9]{17}$/) }] });
    expect(read(rtcp.report(sent(200), 17_000))[1]).toEqual(name);
    expect(read(rtcp.bye(sent(300), 18_000)).slice(1)).toEqual([name, { type: "bye", ssrcs: [OURS] }]);
  });

  it("tell what came of the peer's stream since the last one", () => {
    const { rtcp, reception } = newRtcp();
    const sequences = sequenceTracker(1);
    reception.follow(THEIRS, sequences);
    const hear = (from: number, to: number, without: readonly number[] = []) => {
      for (let sequence = from; sequence <= to; sequence++) {
        if (without.includes(sequence)) continue;
        sequences.push(sequence & 0xffff);
        reception.arrived(sequence * 160, sequence * 20);
      }
    };
    const blocks = (nowMs: number) => {
      const [first] = read(rtcp.report(sent(0), nowMs));
      return first?.type === "receiver_report" ? first.blocks : undefined;
    };
    hear(65_500, 65_599, [65_510, 65_520]);
    reception.reported({ ntpSeconds: 0x0005_1234, ntpFraction: 0x5678_0000 }, 14_000);
    expect(blocks(15_000)).toEqual([{
      ssrc: THEIRS, fractionLost: Math.floor((2 * 256) / 100), lost: 2, highestSequence: 65_536 + 63, jitter: 0, lastReport: 0x1234_5678, delaySinceLastReport: 65_536,
    }]);
    hear(65_600, 65_699, Array.from({ length: 50 }, (_, index) => 65_600 + index * 2));
    expect(blocks(20_000)).toMatchObject([{ fractionLost: 128, lost: 52 }]);
    expect(blocks(25_000)).toEqual([]);
  });
});

describe("the peer's reports", () => {
  it("give loss, jitter and the round trip", () => {
    const { rtcp } = newRtcp();
    const lastReport = middleOf(ntpOf(20_000));
    rtcp.take(report(block({ lost: 5, jitter: 80, lastReport, delaySinceLastReport: 65_536 })), 100, peer, 21_150);
    rtcp.take(report(block({ lost: 10, jitter: 160, lastReport, delaySinceLastReport: 131_072 })), 500, peer, 22_250);
    expect(rtcp.peer.lossPercent).toBe(2);
    expect(rtcp.peer.jitterMs).toBe(15);
    expect(rtcp.peer.roundTripMs).toBeCloseTo(200, 0);
  });

  it.each([
    ["about somebody else's stream", block({ ssrc: 9, lost: 50 }), undefined],
    ["of more loss than there was", block({ lost: 0x7fffff }), 100],
    ["of less than none", block({ lost: -3 }), 0],
  ])("%s mislead nobody", (_, told, lossPercent) => {
    const { rtcp } = newRtcp();
    rtcp.take(report(told), 100, peer, 12_000);
    expect(rtcp.peer.lossPercent).toBe(lossPercent);
    expect(rtcp.peer.roundTripMs).toBeUndefined();
  });

  it("never make more of a call than can be", () => {
    const { rtcp, reception } = newRtcp();
    const u32 = fc.nat(0xffffffff);
    const told = fc.record({ fractionLost: fc.nat(255), lost: fc.integer({ min: -0x800000, max: 0x7fffff }), highestSequence: u32, jitter: u32, lastReport: u32, delaySinceLastReport: u32 });
    const sender = fc.record({ ntpSeconds: u32, ntpFraction: u32, rtpTimestamp: u32, packets: u32, bytes: u32 });
    fc.assert(fc.property(told, sender, u32, fc.nat(1_000_000), (more, info, nowMs, packetsSent) => {
      rtcp.take([{ type: "sender_report", ssrc: THEIRS, sender: info, blocks: [block(more)] }, { type: "other", packetType: 204 }], packetsSent, peer, nowMs);
      const { lossPercent, jitterMs, roundTripMs = 0 } = rtcp.peer;
      expect(lossPercent).toBeGreaterThanOrEqual(0);
      expect(lossPercent).toBeLessThanOrEqual(100);
      expect(jitterMs).toBeLessThanOrEqual(10_000);
      expect(roundTripMs).toBeGreaterThanOrEqual(0);
      expect(roundTripMs).toBeLessThanOrEqual(10_000);
      const counts = { packetsSent: 1000, packetsReceived: 1000, packetsLost: 0, packetsDiscarded: 0 };
      const quality = legQuality(counts, rtcp, { reception, depthMs: 40, repeated: 0 });
      expect(quality?.sent?.mos).toBeGreaterThanOrEqual(1);
      expect(quality?.sent?.mos).toBeLessThanOrEqual(4.41);
    }), { seed: 21, numRuns: 500 });
  });
});

describe("where reports go", () => {
  const nat = { host: "198.51.100.7", port: 6000 };
  const latchTo = (source?: typeof nat) => {
    const latch = createLatch();
    latch.expect(peer);
    if (source) latch.heard(source.host, source.port, THEIRS, 0);
    return latch;
  };
  const next = { ...peer, port: 4001 };

  it.each([
    ["with RTP, where ports are shared", "mux", nat, undefined, nat],
    ["where SDP says, while RTP comes from where SDP says", next, peer, undefined, next],
    ["where SDP says, before RTP has come", next, undefined, undefined, next],
    ["nowhere behind a NAT whose ports nobody knows", next, nat, undefined, undefined],
    ["behind a NAT to where RTCP came from", next, nat, { ...nat, port: 6111 }, { ...nat, port: 6111 }],
    ["nowhere when none is taken", undefined, peer, undefined, undefined],
  ] as const)("is %s", (_, settled, rtpFrom, rtcpFrom, expected) => {
    const { rtcp } = newRtcp();
    if (rtcpFrom) rtcp.take(report(), 0, rtcpFrom, 11_000);
    const target = rtcp.target(settled, latchTo(rtpFrom));
    expect(target && { host: target.host, port: target.port }).toEqual(expected);
  });
});
