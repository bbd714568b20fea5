import type { AudioSource } from "../audio/index.ts";
import { Emitter, PiopiyError } from "../base/index.ts";
import { Audience } from "./audience.ts";
import { deferred } from "./deferred.ts";
import type { DtlsWay, MediaParameters, MediaSession, MediaSessionEvents, PlayResult, SessionStatistics, TapBatch, TapOptions } from "./engine.ts";
import { createFeed, silentFeed, type Feed, type FeedOptions, type FeedReports } from "./feed.ts";
import { startPlayback, startWhole, type Playback } from "./playback.ts";
import type { Command, CommandPort, Report } from "./protocol.ts";
import type { MediaAddress } from "./latch.ts";
import { newCounters } from "./statistics.ts";

export interface SessionPorts {
  readonly local: { readonly host: string; readonly port: number };
  /** The thread that does its work. */
  readonly thread: CommandPort;
  readonly join: (other: MediaSession) => () => void;
  /** The session has been closed, and its port is free. */
  readonly closed: (statistics: SessionStatistics) => void;
}

interface Sending {
  readonly resolve: () => void;
  readonly reject: (failure: unknown) => void;
}

const DIGITS = /^[0-9*#A-Da-d,]*$/;

/** A media session for those who use it: what it is asked for becomes commands, what is reported becomes results. */
export class Session implements MediaSession {
  readonly id: number;
  readonly events = new Emitter<MediaSessionEvents>();
  readonly #ports: SessionPorts;
  readonly #playbacks = new Map<number, Playback>();
  /** Since there was one, as of most sessions there never is. */
  #feeds: Map<number, FeedReports> | undefined;
  #sendings: Map<number, Sending> | undefined;
  /** Since somebody follows its audio. */
  #audience: Audience | undefined;
  readonly #send: (command: Command) => void;
  readonly #closed = deferred<SessionStatistics>();
  /** Takes datagrams of DTLS. */
  #handshake: ((datagram: Uint8Array, from: MediaAddress) => void) | undefined;
  #closing = false;
  /** Nothing will be reported any more. */
  #over = false;
  #failure: Error | undefined;
  #next = 1;

  constructor(id: number, ports: SessionPorts) {
    this.id = id;
    this.#ports = ports;
    this.#send = (command) => ports.thread.send(command);
  }

  get local(): SessionPorts["local"] {
    return this.#ports.local;
  }

  configure(parameters: MediaParameters): void {
    this.#send({ type: "configure", session: this.id, parameters });
  }

  play(source: AudioSource, signal: AbortSignal): Promise<PlayResult> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (signal.aborted || this.#closing) return Promise.resolve({ complete: false, heardMs: 0 });
    const send = this.#send;
    const about = { session: this.id, playback: this.#next++ };
    const { kind, whole } = source;
    send({ type: "play", ...about, kind, ...(whole && { whole }) });
    const flush = () => send({ type: "flush", ...about });
    const playback = whole ? startWhole(signal, flush) : startPlayback(source, signal, {
      samples: (samples) => this.#ports.thread.samples(this.id, about.playback, samples),
      ended: () => send({ type: "ended", ...about }),
      flush,
    });
    this.#playbacks.set(about.playback, playback);
    return playback.result;
  }

  feed(options: FeedOptions = {}): Feed {
    if (this.#closing || this.#over) return silentFeed;
    const send = this.#send;
    const about = { session: this.id, playback: this.#next++ };
    send({ type: "play", ...about, kind: "stream", feed: { live: options.live } });
    const { feed, reports } = createFeed(options, {
      samples: (samples) => this.#ports.thread.samples(this.id, about.playback, samples),
      mark: (mark) => send({ type: "mark", ...about, mark }),
      pause: (on) => send({ type: "pause", ...about, on }),
      ended: () => send({ type: "ended", ...about }),
      flush: () => send({ type: "flush", ...about }),
    });
    (this.#feeds ??= new Map()).set(about.playback, reports);
    return feed;
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    if (!DIGITS.test(digits)) throw new PiopiyError("invalid_request", "Digits are 0-9, *, #, A-D and the comma.");
    if (this.#failure) throw this.#failure;
    if (signal.aborted || this.#closing || digits === "") return;
    const send = this.#send;
    const about = { session: this.id, sending: this.#next++ };
    const { promise, resolve, reject } = deferred<undefined>();
    const stop = () => {
      send({ type: "stop_digits", ...about });
      resolve(undefined);
    };
    (this.#sendings ??= new Map()).set(about.sending, { resolve: () => resolve(undefined), reject });
    signal.addEventListener("abort", stop, { once: true });
    send({ type: "digits", ...about, digits });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#sendings?.delete(about.sending);
    }
  }

  tap(listener: (batch: TapBatch) => void, options?: TapOptions): () => void {
    return this.#followed().tap(listener, options);
  }

  listen(listener: (frame: Int16Array) => void): () => void {
    return this.#followed().listen(listener);
  }

  join(other: MediaSession): () => void {
    return this.#ports.join(other);
  }

  hold(hearer: "party" | "partners", music: Int16Array | undefined): void {
    this.#send({ type: "hold", session: this.id, hearer, music });
  }

  mute(on: boolean): void {
    this.#send({ type: "mute", session: this.id, on });
  }

  dtls(listener: (datagram: Uint8Array, from: MediaAddress) => void): DtlsWay {
    this.#handshake = listener;
    this.#send({ type: "dtls", session: this.id, on: true });
    return {
      send: (datagram, to) => this.#send({ type: "send_dtls", session: this.id, datagram, to }),
      close: () => {
        if (this.#handshake !== listener) return;
        this.#handshake = undefined;
        this.#send({ type: "dtls", session: this.id, on: false });
      },
    };
  }

  close(): Promise<SessionStatistics> {
    if (!this.#closing) this.#send({ type: "close", session: this.id });
    this.#closing = true;
    return this.#closed.promise;
  }

  /** What the thread that does its work reports about this session. */
  report(report: Report): void {
    switch (report.type) {
      case "digit":
        return this.events.emit("digit", report.event);
      case "received":
        return this.events.emit("received", report.event);
      case "playing":
        return this.events.emit("playing", report.event);
      case "quiet":
        return this.events.emit("quiet", report.event);
      case "dtls":
        return this.#handshake?.(report.datagram, report.from);
      default:
        return this.#settle(report);
    }
  }

  heard(frame: Int16Array): void {
    this.#audience?.heard(frame);
  }

  tapped(batch: TapBatch): void {
    this.#audience?.tapped(batch);
  }

  /** The thread that did its work is gone. */
  lost(failure: Error): void {
    this.#failure = failure;
    for (const playback of this.#playbacks.values()) playback.lost(failure);
    for (const feed of this.#feeds?.values() ?? []) feed.lost(failure);
    for (const sending of this.#sendings?.values() ?? []) sending.reject(failure);
    this.#playbacks.clear();
    this.#feeds?.clear();
    this.#dismiss();
    this.#closed.resolve(newCounters());
    this.events.emit("lost", { failure });
  }

  /** Nothing more will be told. */
  #dismiss(): void {
    this.#over = true;
    this.#audience?.dismiss();
  }

  #followed(): Audience {
    this.#audience ??= new Audience(this.id, this.#send);
    if (this.#over) this.#audience.dismiss();
    return this.#audience;
  }

  #settle(report: Report): void {
    if (report.type === "used") (this.#playbacks.get(report.playback) ?? this.#feeds?.get(report.playback))?.used(report.samples);
    else if (report.type === "marked") this.#feeds?.get(report.playback)?.marked(report.mark);
    else if (report.type === "underrun") this.#feeds?.get(report.playback)?.underrun(report.frames);
    else if (report.type === "tap_flushed") this.#audience?.flushed(report.request);
    else if (report.type === "digits_sent") this.#sendings?.get(report.sending)?.resolve();
    else if (report.type === "played") {
      (this.#playbacks.get(report.playback) ?? this.#feeds?.get(report.playback))?.played(report.result);
      this.#playbacks.delete(report.playback);
      this.#feeds?.delete(report.playback);
    } else if (report.type === "closed") {
      this.#dismiss();
      this.#ports.closed(report.statistics);
      this.#closed.resolve(report.statistics);
    }
  }
}
