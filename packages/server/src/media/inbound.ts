import { codeTable, createDtmfDetector, FRAME_SAMPLES, type AudioCodec, type DtmfDetector } from "../audio/index.ts";
import { eventReceiver, isRtcp, parseRtcp, parseRtp, rtpView, sequenceTracker, type ReceivedDigit, type RtcpPacket } from "../rtp/index.ts";
import { createDecoding, type Decoding } from "./decoding.ts";
import type { MediaParameters, ReceivedFormat } from "./engine.ts";
import type { Arrival, Hearing } from "./hearing.ts";
import { JitterBuffer } from "./jitter-buffer.ts";
import type { Latch, MediaAddress } from "./latch.ts";
import { createReception, type Reception } from "./rtcp-reception.ts";
import { audioFormatOf, eventFormatOf, eventRateHz, isAgreed, isSameFormat } from "./received-formats.ts";
import { clockRateHz, rtpClock } from "./rtp-clock.ts";
import type { MediaCounters } from "./statistics.ts";

export interface InboundHooks {
  readonly digit: (digit: ReceivedDigit) => void;
  /** The first packet from the peer. */
  readonly source: (host: string, port: number) => void;
  /** RTCP of the peer. */
  readonly control: (packets: readonly RtcpPacket[], from: MediaAddress, nowMs: number) => void;
}

/** More than any packet that makes sense carries: 200 ms, with an octet for each sample. */
const MAX_PAYLOAD = 10 * FRAME_SAMPLES;

/** Shared by all sessions of a thread: not used beyond the packet at hand. */
const view = rtpView();
const SILENCE = new Int16Array(FRAME_SAMPLES);
/** What nobody hears goes here. */
const unheard = new Int16Array(FRAME_SAMPLES);

/** What comes from the peer: datagrams in, even frames and digits out. No sockets, no timers. */
export class Inbound {
  readonly #latch: Latch;
  readonly #counters: MediaCounters;
  readonly #hooks: InboundHooks;
  readonly #jitter = new JitterBuffer();
  /** While the peer cannot send keys as events: they are in what it says. */
  #keys: DtmfDetector | undefined;
  #parameters: MediaParameters | undefined;
  /** Until the first packet of another agreement has come: what is on its way was sent by the one before. */
  #former: MediaParameters | undefined;
  /** What the peer sends: not always what is sent to it. */
  #codec: AudioCodec = "PCMU";
  #decoding: Decoding | undefined;
  #clock = rtpClock("PCMU");
  /** What codes of 8 bits stand for, if that is all there is to decode: it then waits until somebody listens. */
  #table: Int16Array | undefined;
  #sequences = sequenceTracker(1);
  #eventRateHz = clockRateHz("PCMU");
  #events = eventReceiver(this.#eventRateHz);
  #ssrc = -1;
  #lostBefore = 0;
  #discarded = 0;
  #repeated = 0;
  #heardMs: number | undefined;
  #aliveMs: number | undefined;
  /** Of the packet or the turn at hand. */
  #nowMs = 0;
  /** What reports tell of the peer's stream. */
  readonly reception: Reception = createReception(this.#clock.rateHz);
  /** Gets what the peer says ahead of the jitter buffer. */
  hearing: Hearing | undefined;

  constructor(latch: Latch, counters: MediaCounters, hooks: InboundHooks) {
    this.#latch = latch;
    this.#counters = counters;
    this.#hooks = hooks;
  }

  /** When the last packet of the peer came, RTP or RTCP: who has nothing to say is there all the same. */
  get aliveMs(): number | undefined {
    return this.#aliveMs;
  }

  /** Between the arrival of a packet and its turn. */
  get depthMs(): number {
    return this.#jitter.depthMs;
  }

  /** Of the packets that came, and were discarded, those that had come before: nothing is lost by them. */
  get repeated(): number {
    return this.#repeated;
  }

  get receiving(): boolean {
    const direction = this.#parameters?.direction;
    return direction === "sendrecv" || direction === "recvonly";
  }

  configure(parameters: MediaParameters): void {
    // What the decoder knows of the stream goes on through a hold or another address.
    const before = this.#parameters;
    this.#parameters = parameters;
    if (before && !isSameFormat(before, parameters)) this.#former = before;
    this.#latch.expect(parameters.remote);
    this.#keys = parameters.telephoneEventPayloadType === undefined ? (this.#keys ?? createDtmfDetector()) : undefined;
    if (parameters.codec === before?.codec) this.#suit();
    else this.#decode(parameters.codec);
    if (!this.receiving) this.#jitter.reset();
  }

  push(datagram: Uint8Array, host: string, port: number, nowMs: number): void {
    const parameters = this.#parameters;
    if (isRtcp(datagram)) return this.#takeControl(datagram, { host, port }, nowMs);
    if (parseRtp(datagram, view) !== undefined || !parameters || !this.#latch.accepts(host, port, view.ssrc, nowMs)) {
      this.#counters.packetsInvalid += 1;
      return;
    }
    const agreed = isAgreed(parameters, this.#former, view.payloadType, this.#codec);
    if (!agreed) this.#counters.packetsInvalid += 1;
    if (!agreed && view.ssrc !== this.#ssrc) return;
    if (this.#latch.heard(host, port, view.ssrc, nowMs) && this.#heardMs === undefined) this.#hooks.source(host, port);
    this.#heardMs = this.#aliveMs = nowMs;
    if (agreed) this.#take(datagram, parameters, nowMs);
    else this.#takeKeepalive();
  }

  /** Nothing more comes. */
  close(): void {
    this.#decoding?.close();
  }

  /** Takes the next frame, once every 20 ms. False: it is silence. */
  read(into: Int16Array, nowMs: number): boolean {
    this.#nowMs = nowMs;
    if (this.#events.active) this.#tell(this.#events.elapse(nowMs));
    if (!this.receiving) {
      into.fill(0);
      return false;
    }
    this.#decoding?.turn();
    const audible = this.#jitter.read(into, nowMs);
    // One packet that is missing is bridged; of several in a row nobody knows whether the key was still held.
    const certain = this.#jitter.missing > 1 ? SILENCE : into;
    for (const { digit, durationMs } of this.#keys?.push(certain) ?? []) this.#hooks.digit({ digit, durationMs });
    this.#countDiscarded();
    return audible;
  }

  /** Moves on by a frame that nobody hears. Keys count all the same. */
  pass(nowMs: number): void {
    if (this.#keys) {
      this.read(unheard, nowMs);
      return;
    }
    this.#nowMs = nowMs;
    if (this.#events.active) this.#tell(this.#events.elapse(nowMs));
    if (!this.receiving) return;
    this.#decoding?.turn();
    this.#jitter.pass(nowMs);
    this.#countDiscarded();
  }

  toString(): string {
    return `latch -> rtp -> ${this.#parameters ? this.#codec : "nothing"} -> jitter buffer (${this.#jitter.depthMs} ms)`;
  }

  #take(datagram: Uint8Array, parameters: MediaParameters, nowMs: number): void {
    this.#nowMs = nowMs;
    const audio = audioFormatOf(parameters, this.#former, view.payloadType);
    const format = audio ?? eventFormatOf(parameters, this.#former, view.payloadType, this.#codec);
    this.#follow(view.ssrc, format?.codec ?? this.#codec, nowMs);
    const { highest } = this.#sequences;
    const verdict = this.#sequences.push(view.sequence);
    this.#counters.packetsReceived += 1;
    this.#counters.packetsLost = this.#lostBefore + this.#sequences.lost;
    if (verdict === "duplicate") this.#repeated += 1;
    if (verdict !== "next" && verdict !== "reordered") this.#discarded += 1;
    else if (!this.receiving) return;
    else if (!format) this.#takeNoise(datagram);
    else if (!this.#turnsTo(format, format === audio, verdict)) this.#discarded += 1;
    else if (format === audio) this.#takeAudio(datagram, this.#arrivalAfter(highest, verdict), nowMs);
    else this.#takeEvent(datagram, format, nowMs);
    if (view.payloadType === parameters.payloadType) this.#former = undefined;
  }

  /** RFC 6263 §4.6: a packet of a type that nobody knows keeps a NAT open. It says nothing, and has its place in the count. */
  #takeKeepalive(): void {
    if (this.#sequences.push(view.sequence) === "next") this.#decoding?.push(view.sequence, this.#clock.samplesAt(view.timestamp), undefined, "successor");
    this.#counters.packetsLost = this.#lostBefore + this.#sequences.lost;
  }

  /** RFC 3264 §6.1: the peer may go over to another codec at any time. False: what came is of the one before. */
  #turnsTo({ codec }: ReceivedFormat, isAudio: boolean, verdict: "next" | "reordered"): boolean {
    if (codec === this.#codec || (!isAudio && clockRateHz(codec) === this.#clock.rateHz)) return true;
    if (verdict === "reordered") return false;
    this.#decode(codec);
    return true;
  }

  /** RTCP comes to the port of RTP (RFC 5761). A stranger's is not even read. */
  #takeControl(datagram: Uint8Array, from: MediaAddress, nowMs: number): void {
    const packets = this.#parameters && this.#latch.knows(from.host) ? parseRtcp(datagram) : "stranger";
    if (typeof packets === "string" || !this.#isOfPeer(packets)) {
      this.#counters.packetsInvalid += 1;
      return;
    }
    this.#aliveMs = nowMs;
    this.#hooks.control(packets, from, nowMs);
  }

  /** RFC 3550 §6.1: a report comes first. It is of the stream that is heard; on the same host there may be others. */
  #isOfPeer([first]: readonly RtcpPacket[]): boolean {
    if (first?.type !== "sender_report" && first?.type !== "receiver_report") return false;
    return this.#ssrc === -1 || first.ssrc === this.#ssrc;
  }

  #arrivalAfter(highest: number, verdict: "next" | "reordered"): Arrival {
    if (verdict === "reordered") return "behind";
    return this.#sequences.highest === highest + 1 ? "successor" : "ahead";
  }

  /** RFC 3550 §3: another SSRC is another source, with its own sequence numbers and timestamps. */
  #follow(ssrc: number, codec: AudioCodec, nowMs: number): void {
    if (ssrc === this.#ssrc) return;
    this.#ssrc = ssrc;
    this.#lostBefore += this.#sequences.lost;
    this.#sequences = sequenceTracker(1);
    this.reception.follow(ssrc, this.#sequences);
    this.#awaitKeys(this.#eventRateHz);
    this.#decode(codec);
    this.#jitter.reset();
    this.hearing?.restart(nowMs);
  }

  #awaitKeys(rateHz: number): void {
    this.#tell(this.#events.elapse(Infinity));
    this.#eventRateHz = rateHz;
    this.#events = eventReceiver(rateHz);
  }

  #suit(): void {
    this.#jitter.suit({ least: this.#codec === "opus" ? FRAME_SAMPLES : 0, keys: this.#keys !== undefined });
  }

  /** A stream of this codec begins. */
  #decode(codec: AudioCodec): void {
    const { rateHz } = this.#clock;
    this.#codec = codec;
    this.#suit();
    this.#decoding?.close();
    this.#clock = rtpClock(codec);
    this.#table = codeTable(codec);
    this.#decoding = createDecoding(codec, {
      samples: (timestamp, samples, arrival) => {
        this.hearing?.push(timestamp, samples, arrival, this.#nowMs);
        if (!this.#jitter.push(timestamp, samples, this.#nowMs)) this.#discarded += 1;
      },
      madeUp: (timestamp, samples) => {
        this.hearing?.push(timestamp, samples, "successor", this.#nowMs);
        this.#jitter.fill(timestamp, samples);
      },
      missed: (timestamp) => {
        this.#discarded += 1;
        this.#jitter.missed(timestamp);
      },
      waits: () => this.hearing?.wait(this.#nowMs),
      due: (timestamp) => this.#jitter.isDue(timestamp),
    });
    if (this.#clock.rateHz === rateHz) return;
    // RFC 7160 §4.2: what is known of the time before says nothing of what comes.
    this.#jitter.reset();
    this.reception.countBy(this.#clock.rateHz);
  }

  #takeAudio(datagram: Uint8Array, arrival: Arrival, nowMs: number): void {
    const { timestamp, payloadOffset } = view;
    const length = Math.min(view.payloadLength, MAX_PAYLOAD);
    if (!this.#table || this.hearing) {
      this.#decoding?.push(view.sequence, this.#clock.samplesAt(timestamp), datagram.subarray(payloadOffset, payloadOffset + length), arrival);
    } else if (!this.#jitter.pushCodes(timestamp, datagram, payloadOffset, length, this.#table, nowMs)) this.#discarded += 1;
    // Of audio alone: all packets of a key carry the time of its beginning (RFC 4733 §2.2.1).
    this.reception.arrived(timestamp, nowMs);
  }

  /** Who listens ahead of the jitter buffer hears silence by the clock, as in any pause. */
  #takeNoise(datagram: Uint8Array): void {
    const payload = datagram.subarray(view.payloadOffset, view.payloadOffset + view.payloadLength);
    this.#decoding?.push(view.sequence, view.timestamp, undefined, "successor");
    if (!this.#jitter.pushNoise(view.timestamp, payload)) this.#discarded += 1;
  }

  #takeEvent(datagram: Uint8Array, format: ReceivedFormat, nowMs: number): void {
    const payload = datagram.subarray(view.payloadOffset, view.payloadOffset + view.payloadLength);
    const samplesAt = this.#clock.samplesAt(view.timestamp);
    this.#decoding?.push(view.sequence, samplesAt, undefined, "successor");
    const rateHz = eventRateHz(format);
    if (rateHz !== this.#eventRateHz) this.#awaitKeys(rateHz);
    const timestamp = rateHz === this.#clock.rateHz ? view.timestamp : samplesAt;
    this.#tell(this.#events.push(payload, timestamp, view.marker, nowMs));
    this.#jitter.pause();
  }

  #countDiscarded(): void {
    this.#counters.packetsDiscarded = this.#discarded + Math.ceil(this.#jitter.dropped / FRAME_SAMPLES);
  }

  #tell(digits: readonly ReceivedDigit[]): void {
    for (const digit of digits) this.#hooks.digit(digit);
  }
}
