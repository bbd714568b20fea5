import { channels, PiopiyError } from "../base/index.ts";
import { deferred } from "./deferred.ts";
import type { MediaStatistics } from "./engine.ts";
import { guarded } from "./guarded.ts";
import type { Host, HostHooks } from "./host.ts";
import type { Command, CommandPort, Report, SampleReports } from "./protocol.ts";
import type { Session } from "./session.ts";

/** What an attempt to bind a port came to. */
export type BindResult = { readonly port: number } | { readonly portTaken: boolean };

export interface ThreadHooks {
  /** What one session heard is to go to another one, which may live anywhere. */
  readonly relay: SampleReports["relay"];
  /** The thread ended though nobody had stopped it; its sessions are lost. */
  readonly died: (thread: Thread) => void;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (failure: unknown) => void;
}

/** One thread of the engine, with the sessions that live there. */
export class Thread implements CommandPort {
  readonly index: number;
  readonly sessions = new Map<number, Session>();
  readonly #hooks: ThreadHooks;
  readonly #binds = new Map<number, Waiting<BindResult>>();
  readonly #requests = new Map<number, Waiting<MediaStatistics>>();
  #nextRequest = 1;
  #host: Host | undefined;
  #ended: Error | undefined;
  #hung = false;

  constructor(index: number, hooks: ThreadHooks) {
    this.index = index;
    this.#hooks = hooks;
  }

  /** Why it has ended. */
  get failure(): Error | undefined {
    return this.#ended;
  }

  /** It did nothing any more, and was ended for that. */
  get hung(): boolean {
    return this.#hung;
  }

  /** Sessions open or being opened. */
  get load(): number {
    return this.sessions.size + this.#binds.size;
  }

  /** Resolves when the thread takes commands. */
  async start(makeHost: (hooks: HostHooks) => Host | Promise<Host>): Promise<this> {
    const samples = reportsTo(this.sessions, this.#hooks.relay);
    this.#host = await makeHost({ report: (report) => this.#report(report), samples, ended: (failure, hung) => this.#end(failure, hung) });
    return this;
  }

  send(command: Command): void {
    if (!this.#ended) this.#host?.send(command);
  }

  samples(session: number, playback: number, samples: Int16Array): void {
    if (!this.#ended) this.#host?.samples(session, playback, samples);
  }

  relayed(session: number, link: number, frame: Int16Array): void {
    if (!this.#ended) this.#host?.relayed(session, link, frame);
  }

  bind(session: number, port: number, near: number | undefined): Promise<BindResult> {
    return this.#ask(this.#binds, session, { type: "open", session, port, ...(near !== undefined && { near }) });
  }

  /** Sums over the sessions open now. */
  statistics(): Promise<MediaStatistics> {
    const request = this.#nextRequest++;
    return this.#ask(this.#requests, request, { type: "statistics", request });
  }

  async stop(): Promise<void> {
    this.#ended ??= new PiopiyError("media_failed", "The media engine is closed.");
    await this.#host?.stop();
  }

  #report(report: Report): void {
    if (this.#ended) return;
    switch (report.type) {
      case "ready":
        return;
      case "opened":
        return settle(this.#binds, report.session, { port: report.port });
      case "refused":
        return settle(this.#binds, report.session, { portTaken: report.portTaken });
      case "statistics":
        return settle(this.#requests, report.request, report.statistics);
      case "late":
        return channels.mediaLate.publish({ worker: this.index, sessions: report.sessions, lateMs: report.lateMs });
      default:
        return guarded(() => this.sessions.get(report.session)?.report(report));
    }
  }

  #end(failure: Error | undefined, hung: boolean): void {
    this.#hung = hung;
    const stopped = this.#ended !== undefined;
    const cause = (this.#ended ??= new PiopiyError("media_failed", "The media thread has ended.", { cause: failure }));
    for (const waiting of this.#binds.values()) waiting.reject(cause);
    for (const waiting of this.#requests.values()) waiting.reject(cause);
    for (const session of this.sessions.values()) session.lost(cause);
    this.#binds.clear();
    this.#requests.clear();
    if (!stopped) this.#hooks.died(this);
  }

  #ask<T>(waiting: Map<number, Waiting<T>>, key: number, command: Command): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = deferred<T>();
    waiting.set(key, { resolve, reject });
    this.send(command);
    return promise;
  }
}

function settle<T>(waiting: Map<number, Waiting<T>>, key: number, value: T): void {
  waiting.get(key)?.resolve(value);
  waiting.delete(key);
}

function reportsTo(sessions: ReadonlyMap<number, Session>, relay: SampleReports["relay"]): SampleReports {
  return {
    heard: (id, frame) => sessions.get(id)?.heard(frame),
    tapped: (id, received, sent) => sessions.get(id)?.tapped({ received, sent }),
    relay,
  };
}
