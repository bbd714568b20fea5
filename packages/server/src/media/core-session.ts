import { FRAME_SAMPLES, mixInto } from "../audio/index.ts";
import type { Ids } from "../base/index.ts";
import { createDigitSender, type DigitSender } from "./digit-sender.ts";
import type { MediaParameters } from "./engine.ts";
import { createInbound } from "./inbound.ts";
import { createLatch } from "./latch.ts";
import { createOutbound } from "./outbound.ts";
import { createPlayout, type Playout } from "./playout.ts";
import type { SessionReport, Tell } from "./protocol.ts";
import { createQuietWatch } from "./quiet.ts";
import type { Relay } from "./relay.ts";
import { newCounters, type MediaCounters } from "./statistics.ts";
import { createTapCollector, type TapCollector } from "./tap-collector.ts";

/** The frame a session heard last; what is joined with it mixes this into what it sends. */
export interface Heard {
  readonly frame: Int16Array;
  /** False: the frame is silence. */
  audible: boolean;
}

/** One session on the thread that does its work. Every 20 ms it receives, then sends. */
export interface CoreSession {
  readonly id: number;
  readonly counters: MediaCounters;
  readonly playout: Playout;
  readonly digits: DigitSender;
  readonly heard: Heard;
  /** What this session's party hears besides playbacks: the frames of the sessions it is joined with. */
  readonly partners: Set<Heard>;
  /** Sessions on other threads that this one is joined with, by their number. */
  readonly relays: Map<number, Relay>;
  configure(parameters: MediaParameters, nowMs: number): void;
  datagram(bytes: Uint8Array, host: string, port: number, nowMs: number): void;
  tap(on: boolean): void;
  receive(nowMs: number): void;
  send(): void;
  /** Time passed that was missed. */
  skip(frames: number): void;
  /** Ends what is under way: playbacks and keys are told as far as they got. */
  end(): void;
  toString(): string;
}

export interface CoreSessionPorts {
  readonly ids: Ids;
  readonly tell: Tell;
  readonly send: (packet: Uint8Array, port: number, host: string) => void;
}

export function createCoreSession(id: number, ports: CoreSessionPorts): CoreSession {
  const { tell } = ports;
  const counters = newCounters();
  const heard: Heard = { frame: new Int16Array(FRAME_SAMPLES), audible: false };
  const frame = new Int16Array(FRAME_SAMPLES);
  const partners = new Set<Heard>();
  const relays = new Map<number, Relay>();
  const latch = createLatch();
  const outbound = createOutbound(ports.ids);
  const quiet = createQuietWatch((quietMs) => event({ type: "quiet", session: id, event: { quietMs } }));
  let parameters: MediaParameters | undefined;
  let tap: TapCollector | undefined;

  const event = (report: SessionReport) => tell(report);
  const inbound = createInbound(latch, counters, {
    digit: ({ digit, durationTicks }) => event({ type: "digit", session: id, event: { digit, durationMs: Math.round(durationTicks / 8) } }),
    source: (host, port) => event({ type: "received", session: id, event: { host, port } }),
  });
  const playout = createPlayout(counters, {
    used: (playback, samples) => tell({ type: "used", session: id, playback, samples }),
    playing: (kind) => event({ type: "playing", session: id, event: { kind } }),
    played: (playback, complete, heardMs) => tell({ type: "played", session: id, playback, complete, heardMs }),
  });
  const digits = createDigitSender((sending) => tell({ type: "digits_sent", session: id, sending }));

  const dispatch = (packet: Uint8Array) => {
    counters.packetsSent += 1;
    ports.send(packet, latch.target.port, latch.target.host);
  };

  /** Sends what the party is to hear of playbacks and partners. */
  const sendAudio = () => {
    let audible = playout.read(frame);
    for (const partner of partners) {
      if (!partner.audible) continue;
      mixInto(frame, partner.frame);
      audible = true;
    }
    dispatch(audible ? outbound.audio(frame) : outbound.silence());
    tap?.push(heard.frame, audible ? frame : undefined);
    playout.sent();
  };

  const send = () => {
    if (!parameters) return;
    if (parameters.direction === "recvonly" || parameters.direction === "inactive") {
      outbound.pass(1);
      tap?.push(heard.frame, undefined);
      return;
    }
    const step = digits.next(parameters.telephoneEventPayloadType !== undefined);
    if (!step || step.type === "audio") {
      sendAudio();
      return;
    }
    // While a key is pressed nothing else is heard: playbacks wait.
    const samples = step.type === "tone" ? step.samples : undefined;
    const packet = step.type === "event" ? outbound.event(step.packet) : undefined;
    dispatch(packet ?? (samples ? outbound.audio(samples) : outbound.silence()));
    tap?.push(heard.frame, samples);
  };

  return {
    id,
    counters,
    playout,
    digits,
    heard,
    partners,
    relays,
    configure(next, nowMs) {
      quiet.begin(nowMs);
      parameters = next;
      inbound.configure(next);
      outbound.configure(next.codec, next.payloadType, next.telephoneEventPayloadType);
    },
    datagram: (bytes, host, port, nowMs) => inbound.push(bytes, host, port, nowMs),
    tap(on) {
      tap = on
        ? createTapCollector((received, sent) => tell({ type: "tapped", session: id, received, sent }, [received.buffer, sent.buffer]))
        : undefined;
    },
    receive(nowMs) {
      if (!parameters) return;
      heard.audible = inbound.read(heard.frame, nowMs);
      const expecting = parameters.direction === "sendrecv" || parameters.direction === "recvonly";
      quiet.elapse(nowMs, inbound.heardMs, expecting);
      for (const relay of relays.values()) relay.advance();
      if (heard.audible) for (const link of relays.keys()) tell({ type: "relay", session: id, link, samples: heard.frame.slice() });
    },
    send,
    skip(frames) {
      if (!parameters) return;
      outbound.pass(frames);
      for (let missed = 0; missed < frames && tap; missed++) tap.push(undefined, undefined);
    },
    end() {
      parameters = undefined;
      heard.audible = false;
      playout.clear();
      digits.clear();
      tap?.flush();
      tap = undefined;
    },
    toString: () => `session ${id}: ${inbound.toString()}; ${partners.size} partners; ${latch.target.host}:${latch.target.port}`,
  };
}
