import { FRAME_SAMPLES, g711 } from "../audio/index.ts";
import { eventReceiver, isRtcp, parseRtcp, parseRtp, rtpView, sequenceTracker, type ReceivedDigit } from "../rtp/index.ts";
import type { MediaParameters } from "./engine.ts";
import { createJitterBuffer } from "./jitter-buffer.ts";
import type { Latch } from "./latch.ts";
import type { MediaCounters } from "./statistics.ts";

/** What came from the peer: datagrams in, even frames and digits out. No sockets, no timers. */
export interface Inbound {
  /** What the negotiation settled; undefined payload types are not taken. */
  configure(parameters: MediaParameters): void;
  push(datagram: Uint8Array, host: string, port: number, nowMs: number): void;
  /** Takes the next frame, once every 20 ms. False: it is silence. */
  read(into: Int16Array, nowMs: number): boolean;
  /** When the last packet of the peer came. */
  readonly heardMs: number | undefined;
  toString(): string;
}

export interface InboundHooks {
  readonly digit: (digit: ReceivedDigit) => void;
  readonly source: (host: string, port: number) => void;
}

/** More than any packet of G.711 that makes sense carries: 200 ms. */
const MAX_PAYLOAD = 10 * FRAME_SAMPLES;

export function createInbound(latch: Latch, counters: MediaCounters, hooks: InboundHooks): Inbound {
  const view = rtpView();
  const jitter = createJitterBuffer();
  const scratch = new Int16Array(MAX_PAYLOAD);
  let parameters: MediaParameters | undefined;
  let sequences = sequenceTracker(1);
  let events = eventReceiver();
  let ssrc = -1;
  let lostBefore = 0;
  let discarded = 0;
  let heardMs: number | undefined;

  const isReceiving = () => parameters?.direction === "sendrecv" || parameters?.direction === "recvonly";

  /** RFC 3550 §8.2: another SSRC is another source, with its own sequence numbers and timestamps. */
  const follow = (source: number) => {
    if (source === ssrc) return;
    ssrc = source;
    lostBefore += sequences.lost;
    sequences = sequenceTracker(1);
    conclude(events.elapse(Infinity));
    events = eventReceiver();
    jitter.reset();
  };

  const conclude = (digits: readonly ReceivedDigit[]) => {
    for (const digit of digits) hooks.digit(digit);
  };

  const takeAudio = (datagram: Uint8Array, codec: MediaParameters["codec"]) => {
    const codes = datagram.subarray(view.payloadOffset, view.payloadOffset + Math.min(view.payloadLength, MAX_PAYLOAD));
    g711[codec].decode(codes, scratch);
    if (!jitter.push(view.timestamp, scratch.subarray(0, codes.length))) discarded += 1;
  };

  const takeEvent = (datagram: Uint8Array, nowMs: number) => {
    const payload = datagram.subarray(view.payloadOffset, view.payloadOffset + view.payloadLength);
    conclude(events.push(payload, view.timestamp, view.marker, nowMs));
    jitter.pause();
  };

  const take = (datagram: Uint8Array, current: MediaParameters, nowMs: number) => {
    follow(view.ssrc);
    const verdict = sequences.push(view.sequence);
    counters.packetsReceived += 1;
    counters.packetsLost = lostBefore + sequences.lost;
    if (verdict !== "next" && verdict !== "reordered") discarded += 1;
    else if (!isReceiving()) return;
    else if (view.payloadType === current.telephoneEventPayloadType) takeEvent(datagram, nowMs);
    else takeAudio(datagram, current.codec);
  };

  return {
    configure(next) {
      parameters = next;
      latch.expect(next.remote);
      if (!isReceiving()) jitter.reset();
    },

    push(datagram, host, port, nowMs) {
      const current = parameters;
      // RTCP may share the port (RFC 5761). We send none: it was not negotiated, and "port + 1" is no port of ours.
      if (isRtcp(datagram)) {
        if (typeof parseRtcp(datagram) === "string") counters.packetsInvalid += 1;
        return;
      }
      const failure = parseRtp(datagram, view);
      const wanted = current && (view.payloadType === current.payloadType || view.payloadType === current.telephoneEventPayloadType);
      if (failure !== undefined || !wanted || !latch.accepts(host, port, nowMs)) {
        counters.packetsInvalid += 1;
        return;
      }
      if (latch.heard(host, port, nowMs) && heardMs === undefined) hooks.source(host, port);
      heardMs = nowMs;
      take(datagram, current, nowMs);
    },

    read(into, nowMs) {
      conclude(events.elapse(nowMs));
      if (!isReceiving()) {
        into.fill(0);
        return false;
      }
      const audible = jitter.read(into);
      counters.packetsDiscarded = discarded + Math.ceil(jitter.dropped / FRAME_SAMPLES);
      return audible;
    },

    get heardMs() {
      return heardMs;
    },
    toString: () => `latch -> rtp -> ${parameters?.codec ?? "?"} -> jitter buffer (${jitter.depthMs} ms)`,
  };
}
