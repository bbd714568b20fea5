import { FRAME_SAMPLES, mixInto } from "../audio/index.ts";
import type { Ids } from "../base/index.ts";
import { createDigitSender, type DigitSender, type DigitStep } from "./digit-sender.ts";
import type { MediaParameters, SessionStatistics } from "./engine.ts";
import { Hearing } from "./hearing.ts";
import { Inbound } from "./inbound.ts";
import { createHoldMusic, type HoldMusic } from "./hold-music.ts";
import type { MediaAddress } from "./latch.ts";
import { createOutbound } from "./outbound.ts";
import { PeerPath, type PathPort } from "./peer-path.ts";
import { Playout } from "./playout.ts";
import type { SampleReports, Tell } from "./protocol.ts";
import { createQuietWatch, type QuietWatch } from "./quiet.ts";
import { legQuality } from "./leg-quality.ts";
import { clockRateHz } from "./rtp-clock.ts";
import { createRtcp, type Rtcp, type Sent } from "./rtcp-session.ts";
import type { Heard, Relay } from "./relay.ts";
import { newCounters } from "./statistics.ts";
import { createTapCollector, type TapCollector } from "./tap-collector.ts";

export interface CoreSessionPorts extends PathPort {
  readonly ids: Ids;
  readonly tell: Tell;
  readonly samples: SampleReports;
}

/** What a party is to hear in this turn; shared by all sessions of a thread, because nothing is kept in it. */
const frame = new Int16Array(FRAME_SAMPLES);
/** What nobody has listened to yet; never written to. */
const SILENCE = new Int16Array(FRAME_SAMPLES);

/** One session on the thread that does its work. In every turn it receives one frame, then sends one. */
export class CoreSession {
  readonly id: number;
  readonly counters = newCounters();
  readonly playout: Playout;
  readonly digits: DigitSender;
  readonly path: PeerPath;
  /** What the sessions joined with this one hear of it. */
  readonly heard: Heard = { frame: SILENCE, audible: false };
  /** What this session's party hears besides playbacks: what the parties say it is joined with. */
  readonly partners = new Set<Heard>();
  /** Sessions on other threads that this one is joined with, by their number. */
  readonly relays = new Map<number, Relay>();
  readonly #ports: CoreSessionPorts;
  /** What the party said; its own since somebody listens. */
  #said: Int16Array = SILENCE;
  readonly #inbound: Inbound;
  readonly #outbound;
  readonly #quiet: QuietWatch;
  readonly #rtcp: Rtcp;
  #parameters: MediaParameters | undefined;
  #tap: TapCollector | undefined;
  #hearing: Hearing | undefined;
  #muted = false;
  /** What the party, or whoever is joined with it, hears in place of everything. */
  readonly #music: { party: HoldMusic | undefined; partners: HoldMusic | undefined } = { party: undefined, partners: undefined };

  constructor(id: number, ports: CoreSessionPorts) {
    const { tell } = ports;
    this.id = id;
    this.#ports = ports;
    this.#outbound = createOutbound(ports.ids);
    this.path = new PeerPath(this.counters, ports);
    this.#quiet = createQuietWatch((quietMs) => tell({ type: "quiet", session: id, event: { quietMs } }));
    this.#inbound = new Inbound(this.path.latch, this.counters, {
      digit: (event) => tell({ type: "digit", session: id, event }),
      source: (host, port) => tell({ type: "received", session: id, event: { host, port } }),
      control: (packets, from, nowMs) => {
        this.#rtcp.take(packets, this.#sent().packets, from, nowMs);
        this.#outbound.expectLoss(this.#rtcp.peer.recentLossPercent);
      },
    });
    this.#rtcp = createRtcp(ports.ids, this.#outbound.stream.ssrc, this.#inbound.reception);
    this.playout = new Playout(this.counters, {
      used: (playback, samples) => tell({ type: "used", session: id, playback, samples }),
      playing: (kind) => tell({ type: "playing", session: id, event: { kind } }),
      played: (playback, result) => tell({ type: "played", session: id, playback, result }),
      marked: (playback, mark) => tell({ type: "marked", session: id, playback, mark }),
      underrun: (playback, frames) => tell({ type: "underrun", session: id, playback, frames }),
    });
    this.digits = createDigitSender((sending) => tell({ type: "digits_sent", session: id, sending }));
  }

  configure(parameters: MediaParameters, nowMs: number): void {
    this.#quiet.begin(nowMs);
    this.#rtcp.begin(nowMs);
    this.#parameters = parameters;
    this.path.configure(parameters);
    this.path.latch.awaitSound(parameters.direction === "sendrecv", nowMs);
    this.#inbound.configure(parameters);
    this.#speak(parameters, nowMs);
  }

  datagram(bytes: Uint8Array, host: string, port: number, nowMs: number): void {
    const packet = this.path.open(bytes, host, port, nowMs);
    if (packet) this.#inbound.push(packet, host, port, nowMs);
  }

  /** Tells of the datagrams of a handshake that come. */
  shakeHands(on: boolean): void {
    const { tell } = this.#ports;
    this.path.shakeHands(on ? (datagram, from) => tell({ type: "dtls", session: this.id, datagram, from }) : undefined);
  }

  /** In batches of so many frames; 0: no more. */
  tap(frames: number, request: number): void {
    const hand = (received: Int16Array, sent: Int16Array) => this.#ports.samples.tapped(this.id, received, sent);
    this.#tap?.flush();
    this.#tap = frames > 0 ? createTapCollector(frames, hand) : undefined;
    this.#ports.tell({ type: "tap_flushed", session: this.id, request });
  }

  /** Tells what the party says frame by frame, as soon as it has come. */
  listen(on: boolean, nowMs: number): void {
    this.#hearing = on ? new Hearing(nowMs, (frame) => this.#ports.samples.heard(this.id, frame)) : undefined;
    this.#inbound.hearing = this.#hearing;
    this.#silence();
  }

  hold(hearer: "party" | "partners", music: Int16Array | undefined): void {
    this.#music[hearer] = music && createHoldMusic(music);
    this.#silence();
  }

  mute(on: boolean): void {
    this.#muted = on;
    this.#silence();
  }

  /** `readMs`: what came until then has been taken. */
  receive(nowMs: number, readMs: number): void {
    this.#hearing?.elapse(readMs);
    if (!this.#parameters) return;
    const audible = this.#hear(nowMs);
    const music = this.#music.partners?.next();
    this.heard.frame = music ?? this.#said;
    this.heard.audible = music !== undefined || audible;
    this.#quiet.elapse(nowMs, this.#inbound.aliveMs, this.#inbound.receiving);
    if (this.relays.size > 0) this.#relay();
  }

  send(nowMs: number): void {
    if (!this.#parameters) return;
    const { direction, codec, telephoneEventPayloadType, telephoneEventRateHz } = this.#parameters;
    if (nowMs >= this.#rtcp.dueMs) this.#report(this.#rtcp.report(this.#sent(), nowMs));
    const sends = direction === "sendrecv" || direction === "sendonly";
    const target = sends ? this.path.target : undefined;
    if (!target) {
      this.#outbound.pass(1);
      this.#tap?.push(this.#said, undefined);
      return;
    }
    const step = this.digits.next(telephoneEventPayloadType === undefined ? undefined : (telephoneEventRateHz ?? clockRateHz(codec)));
    if (!step || step.type === "audio") this.#sendAudio(target, nowMs);
    else this.#sendKey(step, target);
  }

  /** Time passed that was missed. */
  skip(frames: number): void {
    if (!this.#parameters) return;
    this.#outbound.pass(frames);
    this.playout.skip(frames);
    for (let missed = 0; missed < frames && this.#tap; missed++) this.#tap.push(undefined, undefined);
  }

  /** Takes leave of the peer, as long as there is a socket (RFC 3550 §6.6). */
  leave(nowMs: number): void {
    if (this.#parameters) this.#report(this.#rtcp.bye(this.#sent(), nowMs));
  }

  /** What the session came to. */
  get statistics(): SessionStatistics {
    const quality = legQuality(this.counters, this.#rtcp, this.#inbound);
    return { ...this.counters, ...(quality && { quality }) };
  }

  /** Ends what is under way: playbacks and keys are told as far as they got. */
  end(): void {
    this.#parameters = undefined;
    this.heard.audible = false;
    this.playout.clear();
    this.digits.clear();
    this.#tap?.flush();
    this.#tap = undefined;
    this.#hearing = this.#inbound.hearing = undefined;
    this.#inbound.close();
    this.#outbound.close();
  }

  toString(): string {
    const { host, port } = this.path.target ?? { host: "nowhere", port: 0 };
    return `session ${this.id}: ${this.#inbound.toString()} -> mix of ${this.partners.size} -> ${host}:${port}`;
  }

  /** Takes a frame of what the party says; what nobody hears is not even decoded. False: it is silence. */
  #hear(nowMs: number): boolean {
    if (!this.#tap && this.partners.size === 0) {
      this.#inbound.pass(nowMs);
      return false;
    }
    if (this.#said === SILENCE) this.#said = new Int16Array(FRAME_SAMPLES);
    const audible = this.#inbound.read(this.#said, nowMs);
    if (!this.#muted && !this.#music.party) return audible;
    this.#said.fill(0);
    return false;
  }

  /** Sends what the party is to hear of playbacks and partners. */
  #sendAudio(target: MediaAddress, nowMs: number): void {
    const music = this.#music.party?.next();
    if (music) {
      this.path.send(this.#outbound.audio(music), target);
      this.#tap?.push(this.#said, music);
      return;
    }
    let audible = this.playout.read(frame, nowMs);
    for (const partner of this.partners) {
      if (!partner.audible) continue;
      mixInto(frame, partner.frame);
      audible = true;
    }
    this.path.send(audible ? this.#outbound.audio(frame) : this.#outbound.silence(), target);
    this.#tap?.push(this.#said, audible ? frame : undefined);
    this.playout.sent();
  }

  /** While a key is pressed nothing else is heard: playbacks wait. */
  #sendKey(step: DigitStep, target: MediaAddress): void {
    const tone = step.type === "tone" ? step.samples : undefined;
    const event = step.type === "event" ? this.#outbound.event(step.packet) : undefined;
    this.path.send(event ?? (tone ? this.#outbound.audio(tone) : this.#outbound.silence()), target);
    this.#tap?.push(this.#said, tone);
  }

  /** RFC 7160 §4.1: a codec with another clock is another source, and the one so far takes its leave. */
  #speak(parameters: MediaParameters, nowMs: number): void {
    const { ssrc } = this.#outbound.stream;
    const sent = this.#sent();
    this.#outbound.configure(parameters);
    if (this.#outbound.stream.ssrc !== ssrc) {
      if (sent.packets > 0) this.#report(this.#rtcp.bye(sent, nowMs));
      this.path.beginSource();
    }
    this.#rtcp.follow(this.#outbound.stream.ssrc, clockRateHz(parameters.codec));
  }

  #sent(): Sent {
    return this.path.sent(this.#outbound.stream.timestamp);
  }

  /** RFC 3264 §5.1: RTCP goes on whatever the direction, on hold as well. */
  #report(packet: Uint8Array): void {
    this.path.report(packet, this.#rtcp.target(this.#parameters?.rtcp, this.path.latch));
  }

  /** Nobody hears a party that is muted or on hold. */
  #silence(): void {
    if (this.#hearing) this.#hearing.silent = this.#muted || this.#music.party !== undefined;
  }

  #relay(): void {
    for (const [link, relay] of this.relays) {
      relay.advance();
      if (!this.heard.audible) continue;
      this.#ports.samples.relay(this.id, link, this.heard.frame);
    }
  }
}
