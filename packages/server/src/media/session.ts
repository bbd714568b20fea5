import { Emitter, PiopiyError } from "../base/index.ts";
import type { MediaSession, MediaSessionEvents, MediaStatistics, TapBatch } from "./engine.ts";
import { deferred, startPlayback, type Playback } from "./playback.ts";
import type { Command, Report } from "./protocol.ts";
import { newCounters } from "./statistics.ts";

/** What a session tells its engine besides being one. */
export interface OwnedSession {
  readonly id: number;
  readonly session: MediaSession;
  /** Takes a report about this session. */
  report(report: Report): void;
  /** The thread that did its work is gone. */
  lost(failure: Error): void;
}

export interface SessionPorts {
  readonly local: { readonly host: string; readonly port: number };
  readonly send: (command: Command, transfer?: readonly ArrayBuffer[]) => void;
  readonly join: (other: MediaSession) => () => void;
  /** The session has been closed, and its port is free. */
  readonly closed: (statistics: MediaStatistics) => void;
}

/** A media session for those who use it: what it is asked for becomes commands, what is reported becomes results. */
export function createSession(id: number, { local, send, join, closed: onClosed }: SessionPorts): OwnedSession {
  const events = new Emitter<MediaSessionEvents>();
  const playbacks = new Map<number, Playback>();
  const sendings = new Map<number, { readonly resolve: () => void; readonly reject: (failure: unknown) => void }>();
  const listeners = new Set<(batch: TapBatch) => void>();
  const closed = deferred<MediaStatistics>();
  let closing = false;
  let failure: Error | undefined;
  let next = 1;

  const session: MediaSession = {
    local,
    events,
    configure: (parameters) => send({ type: "configure", session: id, parameters }),

    async play(source, signal) {
      if (failure) throw failure;
      if (signal.aborted || closing) return { complete: false, heardMs: 0 };
      const playback = next++;
      const about = { session: id, playback };
      send({ type: "play", ...about, kind: source.kind });
      const started = startPlayback(source, signal, {
        samples: (samples) => send({ type: "samples", ...about, samples }, [samples.buffer]),
        ended: () => send({ type: "ended", ...about }),
        flush: () => send({ type: "flush", ...about }),
      });
      playbacks.set(playback, started);
      return await started.result;
    },

    async sendDigits(digits, signal) {
      if (!/^[0-9*#A-Da-d,]*$/.test(digits)) throw new PiopiyError("invalid_request", "Digits are 0-9, *, #, A-D and the comma.");
      if (failure) throw failure;
      if (signal.aborted || closing || digits === "") return;
      const sending = next++;
      const { promise, resolve, reject } = deferred<void>();
      const stop = () => {
        send({ type: "stop_digits", session: id, sending });
        resolve();
      };
      sendings.set(sending, { resolve, reject });
      signal.addEventListener("abort", stop, { once: true });
      send({ type: "digits", session: id, sending, digits });
      try {
        await promise;
      } finally {
        signal.removeEventListener("abort", stop);
        sendings.delete(sending);
      }
    },

    tap(listener) {
      // A function of its own, so that one listener may be given twice.
      const own = (batch: TapBatch) => listener(batch);
      listeners.add(own);
      if (listeners.size === 1) send({ type: "tap", session: id, on: true });
      return () => {
        if (listeners.delete(own) && listeners.size === 0) send({ type: "tap", session: id, on: false });
      };
    },

    join,

    close() {
      if (!closing) send({ type: "close", session: id });
      closing = true;
      return closed.promise;
    },
  };

  const report = (report: Report) => {
    switch (report.type) {
      case "used":
        return playbacks.get(report.playback)?.used(report.samples);
      case "played":
        playbacks.get(report.playback)?.played(report.complete, report.heardMs);
        return void playbacks.delete(report.playback);
      case "digits_sent":
        return sendings.get(report.sending)?.resolve();
      case "tapped":
        for (const listener of listeners) listener(report);
        return;
      case "digit":
        return events.emit("digit", report.event);
      case "received":
        return events.emit("received", report.event);
      case "playing":
        return events.emit("playing", report.event);
      case "quiet":
        return events.emit("quiet", report.event);
      case "closed":
        onClosed(report.statistics);
        return closed.resolve(report.statistics);
    }
  };

  const lost = (cause: Error) => {
    failure = cause;
    for (const playback of playbacks.values()) playback.lost(cause);
    for (const sending of sendings.values()) sending.reject(cause);
    playbacks.clear();
    closed.resolve(newCounters());
  };

  return { id, session, report, lost };
}
