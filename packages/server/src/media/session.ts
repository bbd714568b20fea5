import { FRAME_MS, type AudioSource } from "../audio/index.ts";
import { Emitter, PiopiyError } from "../base/index.ts";
import { deferred } from "./deferred.ts";
import type { MediaParameters, MediaSession, MediaSessionEvents, MediaStatistics, PlayResult, TapBatch, TapOptions } from "./engine.ts";
import { createFeed, silentFeed, type Feed, type FeedOptions, type FeedReports } from "./feed.ts";
import { startPlayback, type Playback } from "./playback.ts";
import type { Command, Report } from "./protocol.ts";
import { newCounters } from "./statistics.ts";

export interface SessionPorts {
  readonly local: { readonly host: string; readonly port: number };
  readonly send: (command: Command, transfer?: readonly ArrayBuffer[]) => void;
  readonly join: (other: MediaSession) => () => void;
  /** The session has been closed, and its port is free. */
  readonly closed: (statistics: MediaStatistics) => void;
}

interface Listening {
  /** The longest batch that the listener can use. */
  readonly frames: number;
  readonly ended: (() => void) | undefined;
}

interface Sending {
  readonly resolve: () => void;
  readonly reject: (failure: unknown) => void;
}

const DEFAULT_BATCH_MS = 100;
const DIGITS = /^[0-9*#A-Da-d,]*$/;

/** A media session for those who use it: what it is asked for becomes commands, what is reported becomes results. */
export class Session implements MediaSession {
  readonly id: number;
  readonly events = new Emitter<MediaSessionEvents>();
  readonly #ports: SessionPorts;
  readonly #playbacks = new Map<number, Playback>();
  readonly #feeds = new Map<number, FeedReports>();
  readonly #sendings = new Map<number, Sending>();
  readonly #listeners = new Map<(batch: TapBatch) => void, Listening>();
  /** Those that have left and get what was under way, by the request that flushes it. */
  readonly #leaving = new Map<number, { readonly own: (batch: TapBatch) => void; readonly ended: (() => void) | undefined }>();
  readonly #closed = deferred<MediaStatistics>();
  #closing = false;
  /** Nothing will be reported any more. */
  #over = false;
  #failure: Error | undefined;
  #next = 1;

  constructor(id: number, ports: SessionPorts) {
    this.id = id;
    this.#ports = ports;
  }

  get local(): SessionPorts["local"] {
    return this.#ports.local;
  }

  configure(parameters: MediaParameters): void {
    this.#ports.send({ type: "configure", session: this.id, parameters });
  }

  async play(source: AudioSource, signal: AbortSignal): Promise<PlayResult> {
    if (this.#failure) throw this.#failure;
    if (signal.aborted || this.#closing) return { complete: false, heardMs: 0 };
    const { send } = this.#ports;
    const about = { session: this.id, playback: this.#next++ };
    send({ type: "play", ...about, kind: source.kind });
    const playback = startPlayback(source, signal, {
      samples: (samples) => send({ type: "samples", ...about, samples }, [samples.buffer]),
      ended: () => send({ type: "ended", ...about }),
      flush: () => send({ type: "flush", ...about }),
    });
    this.#playbacks.set(about.playback, playback);
    return await playback.result;
  }

  feed(options: FeedOptions = {}): Feed {
    if (this.#closing || this.#over) return silentFeed;
    const { send } = this.#ports;
    const about = { session: this.id, playback: this.#next++ };
    send({ type: "play", ...about, kind: "stream", feed: { live: options.live ?? false } });
    const { feed, reports } = createFeed(options, {
      samples: (samples) => send({ type: "samples", ...about, samples }, [samples.buffer]),
      mark: (mark) => send({ type: "mark", ...about, mark }),
      pause: (on) => send({ type: "pause", ...about, on }),
      ended: () => send({ type: "ended", ...about }),
      flush: () => send({ type: "flush", ...about }),
    });
    this.#feeds.set(about.playback, reports);
    return feed;
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    if (!DIGITS.test(digits)) throw new PiopiyError("invalid_request", "Digits are 0-9, *, #, A-D and the comma.");
    if (this.#failure) throw this.#failure;
    if (signal.aborted || this.#closing || digits === "") return;
    const { send } = this.#ports;
    const about = { session: this.id, sending: this.#next++ };
    const { promise, resolve, reject } = deferred<undefined>();
    const stop = () => {
      send({ type: "stop_digits", ...about });
      resolve(undefined);
    };
    this.#sendings.set(about.sending, { resolve: () => resolve(undefined), reject });
    signal.addEventListener("abort", stop, { once: true });
    send({ type: "digits", ...about, digits });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#sendings.delete(about.sending);
    }
  }

  tap(listener: (batch: TapBatch) => void, { batchMs = DEFAULT_BATCH_MS, ended }: TapOptions = {}): () => void {
    if (this.#over) {
      ended?.();
      return () => undefined;
    }
    // A function of its own, so that one listener may be given twice.
    const own = (batch: TapBatch) => listener(batch);
    this.#listeners.set(own, { frames: Math.max(1, Math.floor(batchMs / FRAME_MS)), ended });
    this.#tune(this.#next++);
    return () => {
      if (!this.#listeners.delete(own)) return;
      // Without a worker the answer comes at once: it must find who waits for it.
      const request = this.#next++;
      this.#leaving.set(request, { own, ended });
      this.#tune(request);
    };
  }

  listen(listener: (frame: Int16Array) => void): () => void {
    return this.tap(({ received }) => listener(received), { batchMs: FRAME_MS });
  }

  join(other: MediaSession): () => void {
    return this.#ports.join(other);
  }

  hold(hearer: "party" | "partners", music: Int16Array | undefined): void {
    this.#ports.send({ type: "hold", session: this.id, hearer, music });
  }

  mute(on: boolean): void {
    this.#ports.send({ type: "mute", session: this.id, on });
  }

  close(): Promise<MediaStatistics> {
    if (!this.#closing) this.#ports.send({ type: "close", session: this.id });
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
      case "tapped":
        return this.#hand(report);
      default:
        return this.#settle(report);
    }
  }

  /** The thread that did its work is gone. */
  lost(failure: Error): void {
    this.#failure = failure;
    for (const playback of this.#playbacks.values()) playback.lost(failure);
    for (const feed of this.#feeds.values()) feed.lost(failure);
    for (const sending of this.#sendings.values()) sending.reject(failure);
    this.#playbacks.clear();
    this.#feeds.clear();
    this.#untapAll();
    this.#closed.resolve(newCounters());
    this.events.emit("lost", { failure });
  }

  /**
   * One batch goes to all listeners: it is as long as the shortest that any of them asks for. What was under way
   * is handed over first.
   */
  #tune(request: number): void {
    const frames = this.#listeners.size === 0 ? 0 : Math.min(...Array.from(this.#listeners.values(), (one) => one.frames));
    this.#ports.send({ type: "tap", session: this.id, frames, request });
  }

  /** Nothing more will be told. */
  #untapAll(): void {
    this.#over = true;
    const all = [...this.#listeners.values(), ...this.#leaving.values()];
    this.#listeners.clear();
    this.#leaving.clear();
    for (const { ended } of all) ended?.();
  }

  #hand({ received, sent }: TapBatch): void {
    for (const listener of this.#listeners.keys()) listener({ received, sent });
    for (const { own } of this.#leaving.values()) own({ received, sent });
  }

  #settle(report: Report): void {
    if (report.type === "used") (this.#playbacks.get(report.playback) ?? this.#feeds.get(report.playback))?.used(report.samples);
    else if (report.type === "marked") this.#feeds.get(report.playback)?.marked(report.mark);
    else if (report.type === "underrun") this.#feeds.get(report.playback)?.underrun(report.frames);
    else if (report.type === "tap_flushed") {
      this.#leaving.get(report.request)?.ended?.();
      this.#leaving.delete(report.request);
    } else if (report.type === "digits_sent") this.#sendings.get(report.sending)?.resolve();
    else if (report.type === "played") {
      (this.#playbacks.get(report.playback) ?? this.#feeds.get(report.playback))?.played(report.result);
      this.#playbacks.delete(report.playback);
      this.#feeds.delete(report.playback);
    } else if (report.type === "closed") {
      this.#untapAll();
      this.#ports.closed(report.statistics);
      this.#closed.resolve(report.statistics);
    }
  }
}
