import { channels, PiopiyError } from "../base/index.ts";
import type { MediaStatistics } from "./engine.ts";
import type { Host, HostHooks } from "./host.ts";
import { deferred } from "./playback.ts";
import type { Command, Report } from "./protocol.ts";
import type { OwnedSession } from "./session.ts";

/** What an attempt to bind a port came to. */
export type BindResult = { readonly port: number } | { readonly portTaken: boolean };

/** One thread of the engine, with the sessions that live there. */
export interface Thread {
  readonly index: number;
  readonly sessions: Map<number, OwnedSession>;
  /** Sessions open or being opened. */
  readonly load: number;
  send(command: Command, transfer?: readonly ArrayBuffer[]): void;
  bind(session: number, port: number, near: number | undefined): Promise<BindResult>;
  /** Sums over the sessions open now. */
  statistics(): Promise<MediaStatistics>;
  stop(): Promise<void>;
}

export interface ThreadHooks {
  /** What one session heard is to go to another one, which may live anywhere. */
  readonly relay: (report: Extract<Report, { type: "relay" }>) => void;
  /** The thread ended though nobody had stopped it; its sessions are lost. */
  readonly died: (thread: Thread) => void;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (failure: unknown) => void;
}

export async function startThread(index: number, start: (hooks: HostHooks) => Host | Promise<Host>, hooks: ThreadHooks): Promise<Thread> {
  const sessions = new Map<number, OwnedSession>();
  const binds = new Map<number, Waiting<BindResult>>();
  const requests = new Map<number, Waiting<MediaStatistics>>();
  let nextRequest = 1;
  let dead: Error | undefined;

  const report = (report: Report) => {
    if (dead) return;
    switch (report.type) {
      case "ready":
        return;
      case "opened":
        return settle(binds, report.session, { port: report.port });
      case "refused":
        return settle(binds, report.session, { portTaken: report.portTaken });
      case "statistics":
        return settle(requests, report.request, report.statistics);
      case "late":
        return channels.mediaLate.publish({ worker: index, sessions: report.sessions, lateMs: report.lateMs });
      case "relay":
        return hooks.relay(report);
      default:
        return guarded(() => sessions.get(report.session)?.report(report));
    }
  };

  const ended = (failure: Error | undefined) => {
    const cause = new PiopiyError("media_failed", "The media thread has ended.", { cause: failure });
    const stopped = dead !== undefined;
    dead ??= cause;
    for (const waiting of [...binds.values(), ...requests.values()]) waiting.reject(cause);
    for (const session of sessions.values()) session.lost(cause);
    binds.clear();
    requests.clear();
    if (!stopped) hooks.died(thread);
  };

  const asked = <T>(waiting: Map<number, Waiting<T>>, key: number, command: Command): Promise<T> => {
    const { promise, resolve, reject } = deferred<T>();
    if (dead) return Promise.reject(dead);
    waiting.set(key, { resolve, reject });
    host.send(command);
    return promise;
  };

  const host = await start({ report, ended });
  const thread: Thread = {
    index,
    sessions,
    get load() {
      return sessions.size + binds.size;
    },
    send(command, transfer) {
      if (!dead) host.send(command, transfer);
    },
    bind: (session, port, near) => asked(binds, session, { type: "open", session, port, ...(near !== undefined && { near }) }),
    statistics() {
      const request = nextRequest++;
      return asked(requests, request, { type: "statistics", request });
    },
    async stop() {
      dead ??= new PiopiyError("media_failed", "The media engine is closed.");
      await host.stop();
    },
  };
  return thread;
}

function settle<T>(waiting: Map<number, Waiting<T>>, key: number, value: T): void {
  waiting.get(key)?.resolve(value);
  waiting.delete(key);
}

/** A listener that throws must not keep the media plane from its next packet. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (failure) {
    channels.failure.publish({ layer: "media", failure });
  }
}
