import { jitterMeter, middleOf, type JitterMeter, type ReportBlock, type SenderInfo, type SequenceTracker } from "../rtp/index.ts";
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

export const createReception = (rateHz: number): Reception => new Received(rateHz);

class Received implements Reception {
  jitterMs = 0;
  /** In ms: the rate may change. */
  readonly #jitters = createMean();
  #rateHz: number;
  #meter: JitterMeter;
  #ssrc: number | undefined;
  #sequences: Counts | undefined;
  #told = false;
  #receivedBefore = 0;
  #lostBefore = 0;
  #senderReport: { readonly middle: number; readonly cameMs: number } | undefined;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.#meter = jitterMeter(rateHz);
  }

  follow(ssrc: number, sequences: Counts): void {
    this.#ssrc = ssrc;
    this.#sequences = sequences;
    this.#meter = jitterMeter(this.#rateHz);
    this.#receivedBefore = this.#lostBefore = 0;
    this.#senderReport = undefined;
  }

  countBy(rateHz: number): void {
    this.#rateHz = rateHz;
    this.#meter = jitterMeter(rateHz);
  }

  arrived(timestamp: number, nowMs: number): void {
    this.#meter.push(timestamp, nowMs);
    if (!this.#told) this.jitterMs = (this.#meter.ticks * 1000) / this.#rateHz;
  }

  reported({ ntpSeconds, ntpFraction }: Pick<SenderInfo, "ntpSeconds" | "ntpFraction">, nowMs: number): void {
    this.#senderReport = { middle: middleOf({ seconds: ntpSeconds, fraction: ntpFraction }), cameMs: nowMs };
  }

  block(nowMs: number): ReportBlock | undefined {
    if (!this.#sequences || this.#ssrc === undefined) return undefined;
    const { received, lost, highest } = this.#sequences;
    if (received === this.#receivedBefore) return undefined;
    this.#jitters.push((this.#meter.ticks * 1000) / this.#rateHz);
    this.#told = true;
    this.jitterMs = this.#jitters.value ?? 0;
    // RFC 3550 A.3: what came late after all may make the loss of an interval less than none.
    const lostSince = Math.max(0, lost - this.#lostBefore);
    const expectedSince = received - this.#receivedBefore + lostSince;
    this.#receivedBefore = received;
    this.#lostBefore = lost;
    const report = this.#senderReport;
    return {
      ssrc: this.#ssrc,
      fractionLost: Math.min(255, Math.floor((lostSince * 256) / expectedSince)),
      lost: Math.min(lost, MOST_LOST),
      highestSequence: (highest - FIRST_CYCLE) >>> 0,
      jitter: this.#meter.ticks,
      lastReport: report?.middle ?? 0,
      delaySinceLastReport: report ? Math.round((nowMs - report.cameMs) * 65.536) >>> 0 : 0,
    };
  }
}
