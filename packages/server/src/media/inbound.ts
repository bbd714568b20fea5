import { createDecoder, createDtmfDetector, FRAME_SAMPLES, type AudioDecoder, type DtmfDetector } from "../audio/index.ts";
import { eventReceiver, isRtcp, parseRtcp, parseRtp, rtpView, sequenceTracker, type ReceivedDigit } from "../rtp/index.ts";
import type { AudioCodec, MediaParameters } from "./engine.ts";
import type { Arrival, Hearing } from "./hearing.ts";
import { JitterBuffer } from "./jitter-buffer.ts";
import type { Latch } from "./latch.ts";
import type { MediaCounters } from "./statistics.ts";

export interface InboundHooks {
  readonly digit: (digit: ReceivedDigit) => void;
  /** The first packet from the peer. */
  readonly source: (host: string, port: number) => void;
}

/** More than any packet that makes sense carries: 200 ms, with an octet for each sample. */
const MAX_PAYLOAD = 10 * FRAME_SAMPLES;

/** Shared by all sessions of a thread: neither is used beyond the packet at hand. */
const view = rtpView();
const decoded = new Int16Array(MAX_PAYLOAD);

/** What comes from the peer: datagrams in, even frames and digits out. No sockets, no timers. */
export class Inbound {
  readonly #latch: Latch;
  readonly #counters: MediaCounters;
  readonly #hooks: InboundHooks;
  readonly #jitter = new JitterBuffer();
  /** While the peer cannot send keys as events: they are in what it says. */
  #keys: DtmfDetector | undefined;
  #parameters: MediaParameters | undefined;
  #decoder: AudioDecoder | undefined;
  #sequences = sequenceTracker(1);
  #events = eventReceiver();
  #ssrc = -1;
  #lostBefore = 0;
  #discarded = 0;
  #heardMs: number | undefined;
  /** Gets what the peer says ahead of the jitter buffer. */
  hearing: Hearing | undefined;

  constructor(latch: Latch, counters: MediaCounters, hooks: InboundHooks) {
    this.#latch = latch;
    this.#counters = counters;
    this.#hooks = hooks;
  }

  /** When the last packet of the peer came. */
  get heardMs(): number | undefined {
    return this.#heardMs;
  }

  get receiving(): boolean {
    const direction = this.#parameters?.direction;
    return direction === "sendrecv" || direction === "recvonly";
  }

  configure(parameters: MediaParameters): void {
    // What the decoder knows of the stream goes on through a hold or another address.
    if (parameters.codec !== this.#parameters?.codec) this.#decoder = createDecoder(parameters.codec);
    this.#parameters = parameters;
    this.#latch.expect(parameters.remote);
    this.#keys = parameters.telephoneEventPayloadType === undefined ? (this.#keys ?? createDtmfDetector()) : undefined;
    if (!this.receiving) this.#jitter.reset();
  }

  push(datagram: Uint8Array, host: string, port: number, nowMs: number): void {
    const parameters = this.#parameters;
    // RTCP may share the port (RFC 5761). We send none: it was not negotiated, and "port + 1" is no port of ours.
    if (isRtcp(datagram)) {
      if (typeof parseRtcp(datagram) === "string") this.#counters.packetsInvalid += 1;
      return;
    }
    if (parseRtp(datagram, view) !== undefined || !parameters || !isWanted(parameters) || !this.#latch.accepts(host, port, nowMs)) {
      this.#counters.packetsInvalid += 1;
      return;
    }
    if (this.#latch.heard(host, port, nowMs) && this.#heardMs === undefined) this.#hooks.source(host, port);
    this.#heardMs = nowMs;
    this.#take(datagram, parameters, nowMs);
  }

  /** Takes the next frame, once every 20 ms. False: it is silence. */
  read(into: Int16Array, nowMs: number): boolean {
    if (this.#events.active) this.#tell(this.#events.elapse(nowMs));
    if (!this.receiving) {
      into.fill(0);
      return false;
    }
    const audible = this.#jitter.read(into);
    for (const { digit, durationMs } of this.#keys?.push(into) ?? []) this.#hooks.digit({ digit, durationTicks: durationMs * 8 });
    this.#counters.packetsDiscarded = this.#discarded + Math.ceil(this.#jitter.dropped / FRAME_SAMPLES);
    return audible;
  }

  toString(): string {
    return `latch -> rtp -> ${this.#parameters?.codec ?? "nothing"} -> jitter buffer (${this.#jitter.depthMs} ms)`;
  }

  #take(datagram: Uint8Array, parameters: MediaParameters, nowMs: number): void {
    this.#follow(view.ssrc, parameters.codec, nowMs);
    const { highest } = this.#sequences;
    const verdict = this.#sequences.push(view.sequence);
    this.#counters.packetsReceived += 1;
    this.#counters.packetsLost = this.#lostBefore + this.#sequences.lost;
    if (verdict !== "next" && verdict !== "reordered") this.#discarded += 1;
    else if (!this.receiving) return;
    else if (view.payloadType === parameters.telephoneEventPayloadType) this.#takeEvent(datagram, nowMs);
    else this.#takeAudio(datagram, this.#arrivalAfter(highest, verdict), nowMs);
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
    this.#tell(this.#events.elapse(Infinity));
    this.#events = eventReceiver();
    this.#decoder = createDecoder(codec);
    this.#jitter.reset();
    this.hearing?.restart(nowMs);
  }

  #takeAudio(datagram: Uint8Array, arrival: Arrival, nowMs: number): void {
    const payload = datagram.subarray(view.payloadOffset, view.payloadOffset + Math.min(view.payloadLength, MAX_PAYLOAD));
    const samples = decoded.subarray(0, this.#decoder?.decode(payload, decoded) ?? 0);
    this.hearing?.push(view.timestamp, samples, arrival, nowMs);
    if (!this.#jitter.push(view.timestamp, samples)) this.#discarded += 1;
  }

  #takeEvent(datagram: Uint8Array, nowMs: number): void {
    const payload = datagram.subarray(view.payloadOffset, view.payloadOffset + view.payloadLength);
    this.#tell(this.#events.push(payload, view.timestamp, view.marker, nowMs));
    this.#jitter.pause();
  }

  #tell(digits: readonly ReceivedDigit[]): void {
    for (const digit of digits) this.#hooks.digit(digit);
  }
}

const isWanted = ({ payloadType, telephoneEventPayloadType }: MediaParameters): boolean =>
  view.payloadType === payloadType || view.payloadType === telephoneEventPayloadType;
