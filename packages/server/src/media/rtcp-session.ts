import type { Ids } from "../base/index.ts";
import { buildRtcp, ntpOf, roundTripMs, type ReportBlock, type RtcpPacket } from "../rtp/index.ts";
import type { Latch, MediaAddress } from "./latch.ts";
import { createMean } from "./mean.ts";
import type { Reception } from "./rtcp-reception.ts";

/** What has been sent, for the next sender report. */
export interface Sent {
  readonly packets: number;
  /** Payload alone. */
  readonly bytes: number;
  /** The RTP timestamp of now. */
  readonly timestamp: number;
}

/** What the peer's reports came to. */
export interface PeerReports {
  /** Of what was sent: 0 to 100. Undefined: the peer reported nothing of it. */
  readonly lossPercent: number | undefined;
  /** The same since the report before the last one. */
  readonly recentLossPercent: number;
  /** Mean of the reports. */
  readonly jitterMs: number;
  readonly roundTripMs: number | undefined;
}

/** Where RTCP goes, as offer and answer settled it. */
export type ControlAddress = "mux" | MediaAddress;

/**
 * The RTCP of one session (RFC 3550 §6): reports that come due and what the peer's came to. No sockets, no timers:
 * whoever has turns asks whether a report is due.
 */
export interface Rtcp {
  /** What is sent is this source from now on; its timestamps, and what the peer reports of them, count by this rate. */
  follow(ssrc: number, rateHz: number): void;
  /** From now on reports are due. */
  begin(nowMs: number): void;
  /** When the next report is due. */
  readonly dueMs: number;
  /** The compound packet that is due: a sender report, if something was sent of late, and the name of the source. */
  report(sent: Sent, nowMs: number): Uint8Array;
  /** RFC 3550 §6.6: the end of the stream. */
  bye(sent: Sent, nowMs: number): Uint8Array;
  /** The packets of one datagram of the peer. */
  take(packets: readonly RtcpPacket[], packetsSent: number, from: MediaAddress, nowMs: number): void;
  /** Where to send; undefined: nowhere that makes sense. */
  target(settled: ControlAddress | undefined, latch: Latch): MediaAddress | undefined;
  readonly peer: PeerReports;
}

/**
 * RFC 3550 §6.2: with two members five percent of the narrowest stream spoken here allow for a report every second,
 * so that the least interval of five seconds always holds; half of it before the first report. As the count of members
 * never changes, no report is ever reconsidered (§6.3.3).
 */
const INTERVAL_MS = 5000;
/** RFC 3550 §6.3.1: e - 3/2. */
const COMPENSATION = Math.E - 1.5;
/** What a peer says beyond that would only spoil the sums. */
const MOST_JITTER_MS = 10_000;
const USUAL_RATE_HZ = 8000;
/** RFC 7022 §4.2: 96 random bits. */
const NAME_LETTERS = 17;

export const createRtcp = (ids: Ids, ssrc: number, reception: Reception): Rtcp => new Session(ids, ssrc, reception);

/** A class and no functions around variables: each session has one, and it is asked in every turn. */
class Session implements Rtcp {
  dueMs = Infinity;
  readonly peer = new FromPeer();
  readonly #ids: Ids;
  readonly #reception: Reception;
  /** RFC 7022 §4.2: one for the session, whatever its sources. */
  readonly #cname: string;
  #ssrc: number;
  #cameFrom: MediaAddress | undefined;
  /** Packets sent at the last report, and at the one before. */
  #sentAt = 0;
  #sentBefore = 0;

  constructor(ids: Ids, ssrc: number, reception: Reception) {
    this.#ids = ids;
    this.#ssrc = ssrc;
    this.#reception = reception;
    this.#cname = ids.token(NAME_LETTERS);
  }

  follow(ssrc: number, rateHz: number): void {
    this.peer.countBy(rateHz);
    if (ssrc === this.#ssrc) return;
    this.#ssrc = ssrc;
    this.#sentAt = this.#sentBefore = 0;
  }

  begin(nowMs: number): void {
    if (this.dueMs === Infinity) this.#scheduleIn(INTERVAL_MS / 2, nowMs);
  }

  report(sent: Sent, nowMs: number): Uint8Array {
    this.#scheduleIn(INTERVAL_MS, nowMs);
    return buildRtcp([this.#reportOf(sent, nowMs), this.#description()]);
  }

  bye(sent: Sent, nowMs: number): Uint8Array {
    return buildRtcp([this.#reportOf(sent, nowMs), this.#description(), { type: "bye", ssrcs: [this.#ssrc] }]);
  }

  take(packets: readonly RtcpPacket[], packetsSent: number, from: MediaAddress, nowMs: number): void {
    this.#cameFrom = from;
    for (const packet of packets) {
      if (packet.type !== "sender_report" && packet.type !== "receiver_report") continue;
      if (packet.type === "sender_report") this.#reception.reported(packet.sender, nowMs);
      for (const block of packet.blocks) if (block.ssrc === this.#ssrc) this.peer.take(block, packetsSent, nowMs);
    }
  }

  target(settled: ControlAddress | undefined, latch: Latch): MediaAddress | undefined {
    const rtp = latch.target;
    if (!rtp || !settled) return undefined;
    if (settled === "mux") return rtp;
    if (this.#cameFrom?.host === rtp.host) return this.#cameFrom;
    // Behind a NAT the port above, or the one in SDP, is somebody else's.
    return latch.named ? settled : undefined;
  }

  /** RFC 3550 §6.3.1: from half to one and a half of the interval, so that reports of many do not meet. */
  #scheduleIn(intervalMs: number, nowMs: number): void {
    this.dueMs = nowMs + (intervalMs * (0.5 + this.#ids.integer(0x1_0000) / 0x1_0000)) / COMPENSATION;
  }

  #reportOf({ packets, bytes, timestamp }: Sent, nowMs: number): RtcpPacket {
    const ssrc = this.#ssrc;
    const block = this.#reception.block(nowMs);
    const blocks = block ? [block] : [];
    // RFC 3550 §6.4: a sender is who has sent since the last report but one.
    const sends = packets > this.#sentBefore;
    this.#sentBefore = this.#sentAt;
    this.#sentAt = packets;
    if (!sends) return { type: "receiver_report", ssrc, blocks };
    const { seconds, fraction } = ntpOf(nowMs);
    return { type: "sender_report", ssrc, sender: { ntpSeconds: seconds, ntpFraction: fraction, rtpTimestamp: timestamp, packets, bytes }, blocks };
  }

  #description(): RtcpPacket {
    return { type: "description", chunks: [{ ssrc: this.#ssrc, cname: this.#cname }] };
  }
}

/** What the peer reports of the stream, block by block. */
class FromPeer implements PeerReports {
  lossPercent: number | undefined;
  recentLossPercent = 0;
  jitterMs = 0;
  roundTripMs: number | undefined;
  #rateHz = USUAL_RATE_HZ;
  readonly #roundTrips = createMean();
  readonly #jitters = createMean();

  countBy(rateHz: number): void {
    this.#rateHz = rateHz;
  }

  take(block: ReportBlock, packetsSent: number, nowMs: number): void {
    const tripMs = roundTripMs(nowMs, block);
    if (tripMs !== undefined) this.#roundTrips.push(tripMs);
    this.roundTripMs = this.#roundTrips.value;
    this.#jitters.push(Math.min((block.jitter * 1000) / this.#rateHz, MOST_JITTER_MS));
    this.jitterMs = this.#jitters.value ?? 0;
    this.recentLossPercent = (block.fractionLost * 100) / 256;
    this.lossPercent = packetsSent > 0 ? Math.min(100, (Math.max(0, block.lost) * 100) / packetsSent) : 0;
  }
}
