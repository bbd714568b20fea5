import { jitterMeter, middleOf, type ReportBlock, type SenderInfo, type SequenceTracker } from "../rtp/index.ts";
import { createMean } from "./mean.ts";

type Counts = Pick<SequenceTracker, "highest" | "received" | "lost">;

/** What our reports tell the peer about the source that it is (RFC 3550 §6.4.1). */
export interface Reception {
  /** A source is heard for the first time; `sequences` counts its packets. */
  follow(ssrc: number, sequences: Counts): void;
  /** From now on timestamps count by another rate (RFC 7160 §4.2). */
  countBy(rateHz: number): void;
  /** A packet whose timestamp is that of its first sample. */
  arrived(timestamp: number, nowMs: number): void;
  /** A sender report of the source came. */
  reported(sender: Pick<SenderInfo, "ntpSeconds" | "ntpFraction">, nowMs: number): void;
  /** What the next report tells; undefined: nothing was heard since the last one. */
  block(nowMs: number): ReportBlock | undefined;
  /** The mean of the reports; before the first one, as it is now. */
  readonly jitterMs: number;
}

/** The first packet of a tracked source is counted one cycle ahead. */
const FIRST_CYCLE = 65_536;
const MOST_LOST = 0x7fffff;

export function createReception(firstRateHz: number): Reception {
  /** In ms: the rate may change. */
  const jitters = createMean();
  let rateHz = firstRateHz;
  let meter = jitterMeter(rateHz);
  let about: { readonly ssrc: number; readonly sequences: Counts } | undefined;
  let told = false;
  let receivedBefore = 0;
  let lostBefore = 0;
  let senderReport: { readonly middle: number; readonly cameMs: number } | undefined;

  // No getters: an object that is made with some is slow at whatever it is asked, and this one is asked for every packet.
  const reception = {
    jitterMs: 0,
    follow(ssrc: number, sequences: Counts) {
      about = { ssrc, sequences };
      meter = jitterMeter(rateHz);
      receivedBefore = lostBefore = 0;
      senderReport = undefined;
    },
    countBy(rate: number) {
      rateHz = rate;
      meter = jitterMeter(rateHz);
    },
    arrived(timestamp: number, nowMs: number) {
      meter.push(timestamp, nowMs);
      if (!told) reception.jitterMs = (meter.ticks * 1000) / rateHz;
    },
    reported({ ntpSeconds, ntpFraction }: Pick<SenderInfo, "ntpSeconds" | "ntpFraction">, nowMs: number) {
      senderReport = { middle: middleOf({ seconds: ntpSeconds, fraction: ntpFraction }), cameMs: nowMs };
    },
    block(nowMs: number) {
      if (!about) return undefined;
      const { received, lost, highest } = about.sequences;
      if (received === receivedBefore) return undefined;
      jitters.push((meter.ticks * 1000) / rateHz);
      told = true;
      reception.jitterMs = jitters.value ?? 0;
      // RFC 3550 A.3: what came late after all may make the loss of an interval less than none.
      const lostSince = Math.max(0, lost - lostBefore);
      const expectedSince = received - receivedBefore + lostSince;
      receivedBefore = received;
      lostBefore = lost;
      return {
        ssrc: about.ssrc,
        fractionLost: Math.min(255, Math.floor((lostSince * 256) / expectedSince)),
        lost: Math.min(lost, MOST_LOST),
        highestSequence: (highest - FIRST_CYCLE) >>> 0,
        jitter: meter.ticks,
        lastReport: senderReport?.middle ?? 0,
        delaySinceLastReport: senderReport ? Math.round((nowMs - senderReport.cameMs) * 65.536) >>> 0 : 0,
      };
    },
  };
  return reception;
}
