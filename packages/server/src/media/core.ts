import { randomIds, type Ids } from "../base/index.ts";
import { betterTurn, type TurnPlace } from "./better-turn.ts";
import { CoreSession } from "./core-session.ts";
import { perform } from "./core-commands.ts";
import type { MediaParameters } from "./engine.ts";
import type { Command, CommandPort, SampleReports, Tell } from "./protocol.ts";
import { createScheduler, GROUPS, type Scheduler } from "./scheduler.ts";
import { addStatistics, newCounters } from "./statistics.ts";
import { bindUdpPort } from "./bind-udp-port.ts";
import type { PumpChoice, UdpPort } from "./udp-port.ts";

export interface CoreOptions {
  readonly host: string;
  readonly pump: PumpChoice;
  readonly tell: Tell;
  readonly samples: SampleReports;
  readonly monotonicMs: () => number;
  readonly ids?: Ids;
}

interface Open {
  readonly session: CoreSession;
  readonly udp: UdpPort;
  readonly near: number | undefined;
  place: TurnPlace | undefined;
}

/** A deadline missed by more than this is told, at most once a second. */
const LATE_MS = 20;
const TELL_LATE_EVERY_MS = 1000;
/** So many sessions may have their turn together, whatever their share. */
const CROWD = 20;

/** The engine on the thread that does its work: commands in, reports out, `step` whenever `nextMs` has come. */
export class Core implements CommandPort {
  readonly #options: CoreOptions;
  readonly #tell: Tell;
  readonly #opens = new Map<number, Open>();
  readonly #groups: CoreSession[][] = Array.from({ length: GROUPS }, () => []);
  #scheduler: Scheduler | undefined;
  #lateToldMs = -Infinity;
  /** The sockets have been read since: what came before has been taken. After a stall that is some time ago. */
  #readMs = -Infinity;
  #stopped = false;

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#tell = options.tell;
  }

  /** When the next frame is due; undefined while no session has media. */
  get nextMs(): number | undefined {
    return this.#scheduler?.nextMs;
  }

  step(nowMs: number): void {
    this.#scheduler?.step(nowMs);
    this.#readMs = nowMs;
  }

  /** Closes all sessions and whatever is being opened. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(Array.from(this.#opens.values(), (open) => this.#close(open)));
  }

  samples(session: number, playback: number, samples: Int16Array): void {
    const open = this.#opens.get(session);
    if (!open) return;
    const { playout } = open.session;
    const nowMs = this.#options.monotonicMs();
    const waited = playout.waits;
    playout.append(playback, samples, nowMs);
    if (!waited && playout.waits) this.#align(open, nowMs);
  }

  relayed(session: number, link: number, frame: Int16Array): void {
    this.#opens.get(session)?.session.relays.get(link)?.push(frame);
  }

  send(command: Command): void {
    if (command.type === "open") {
      void this.#open(command.session, command.port, command.near);
      return;
    }
    if (command.type === "statistics") {
      this.#tell({ type: "statistics", request: command.request, statistics: this.#statistics() });
      return;
    }
    const open = this.#opens.get(command.session);
    // What was sent to a session while it closed finds nobody.
    if (!open) return;
    if (command.type === "configure") this.#configure(open, command.parameters);
    else if (command.type === "close") void this.#close(open);
    else if (command.type === "join" || command.type === "unjoin") this.#pair(open.session, command.other, command.type === "join");
    else {
      // Who listens hears the time pass, also before media has begun.
      if (command.type === "listen") this.#schedule(open);
      perform(open.session, command, this.#options.monotonicMs());
    }
  }

  async #open(id: number, port: number, near: number | undefined): Promise<void> {
    const { host, pump, ids = randomIds, monotonicMs } = this.#options;
    let bound: UdpPort | undefined;
    const send = (packet: Uint8Array, toPort: number, toHost: string) => bound?.send(packet, toPort, toHost);
    const sendControl = (packet: Uint8Array, toPort: number, toHost: string) => bound?.sendControl(packet, toPort, toHost);
    const session = new CoreSession(id, { ids, tell: this.#tell, samples: this.#options.samples, send, sendControl });
    try {
      const udp = await bindUdpPort(host, port, {
        datagram: (bytes, fromHost, fromPort) => session.datagram(bytes, fromHost, fromPort, monotonicMs()),
        sendFailed: () => (session.counters.packetsSent -= 1),
      }, pump);
      if (this.#stopped) {
        await udp.close();
        return;
      }
      bound = udp;
      this.#opens.set(id, { session, udp, near, place: undefined });
      this.#tell({ type: "opened", session: id, port: udp.port });
    } catch (failure) {
      const portTaken = failure instanceof Error && "code" in failure && failure.code === "EADDRINUSE";
      this.#tell({ type: "refused", session: id, portTaken });
    }
  }

  #configure(open: Open, parameters: MediaParameters): void {
    open.session.configure(parameters, this.#options.monotonicMs());
    this.#schedule(open);
  }

  /** Gives a session its turns. */
  #schedule(open: Open): void {
    if (open.place) return;
    this.#scheduler ??= createScheduler(this.#options.monotonicMs(), {
      run: (group, dueMs) => this.#run(group, dueMs),
      skip: (frames, lateMs) => this.#skip(frames, lateMs),
    });
    const near = open.near === undefined ? undefined : this.#opens.get(open.near)?.place?.group;
    const group = near ?? this.#smallestGroup(this.#scheduler.nextGroup);
    this.#move(open, { group, aheadSlots: 0 });
  }

  /** Lets the turns of a session suit what has just begun to come for it. */
  #align(open: Open, nowMs: number): void {
    const scheduler = this.#scheduler;
    if (!open.place || !scheduler || !this.#isAlone(open)) return;
    const place = betterTurn(open.place, scheduler.nextGroup, scheduler.nextMs, nowMs);
    // A turn with far more than its share would make all its packets late.
    if (place && (this.#groups[place.group]?.length ?? 0) < CROWD + this.#opens.size / 2) this.#move(open, place);
  }

  /** Sessions that are joined, or will be, keep their turns together. */
  #isAlone({ session, near }: Open): boolean {
    if (near !== undefined || session.partners.size > 0) return false;
    for (const other of this.#opens.values()) if (other.near === session.id) return false;
    return true;
  }

  #move(open: Open, place: TurnPlace | undefined): void {
    const { session } = open;
    const before = open.place?.group;
    open.place = place;
    // New arrays: the group may be in the midst of its turn.
    if (before !== undefined) this.#groups[before] = this.#groups[before]?.filter((member) => member !== session) ?? [];
    if (place) this.#groups[place.group] = [...(this.#groups[place.group] ?? []), session];
  }

  /** The smallest group; of equally small ones, the one whose turn comes first. */
  #smallestGroup(next: number): number {
    const order = Array.from({ length: GROUPS }, (_, index) => (next + index) % GROUPS);
    const size = (group: number) => this.#groups[group]?.length ?? 0;
    return order.reduce((best, group) => (size(group) < size(best) ? group : best));
  }

  async #close(open: Open): Promise<void> {
    const { session, udp } = open;
    session.leave(this.#options.monotonicMs());
    this.#opens.delete(session.id);
    this.#move(open, undefined);
    if (this.#groups.every((sessions) => sessions.length === 0)) this.#scheduler = undefined;
    for (const other of this.#opens.values()) other.session.partners.delete(session.heard);
    session.end();
    await udp.close();
    this.#tell({ type: "closed", session: session.id, statistics: session.statistics });
  }

  #pair(session: CoreSession, otherId: number, together: boolean): void {
    const other = this.#opens.get(otherId)?.session;
    if (!other) return;
    if (together) {
      session.partners.add(other.heard);
      other.partners.add(session.heard);
    } else {
      session.partners.delete(other.heard);
      other.partners.delete(session.heard);
    }
  }

  #run(group: number, dueMs: number): void {
    const { monotonicMs } = this.#options;
    const sessions = this.#groups[group] ?? [];
    const nowMs = monotonicMs();
    if (nowMs - dueMs > LATE_MS) this.#late(nowMs - dueMs, nowMs);
    // All receive before any sends: sessions that are joined hear each other in the same turn.
    for (const session of sessions) session.receive(nowMs, this.#readMs);
    for (const session of sessions) {
      session.send(nowMs);
      const behindMs = monotonicMs() - dueMs;
      if (behindMs > session.counters.latestSendMs) session.counters.latestSendMs = behindMs;
    }
  }

  #skip(frames: number, lateMs: number): void {
    this.#late(lateMs, this.#options.monotonicMs());
    for (const group of this.#groups) {
      for (const session of group) {
        session.skip(frames);
        if (lateMs > session.counters.latestSendMs) session.counters.latestSendMs = lateMs;
      }
    }
  }

  #late(lateMs: number, nowMs: number): void {
    if (nowMs - this.#lateToldMs < TELL_LATE_EVERY_MS) return;
    this.#lateToldMs = nowMs;
    this.#tell({ type: "late", sessions: this.#opens.size, lateMs });
  }

  #statistics() {
    const sums = newCounters();
    for (const { session } of this.#opens.values()) addStatistics(sums, session.counters);
    return sums;
  }
}
