import { randomIds, type Ids } from "../base/index.ts";
import { createCoreSession, type CoreSession, type Heard } from "./core-session.ts";
import type { MediaParameters } from "./engine.ts";
import type { Command, Tell } from "./protocol.ts";
import { createRelay } from "./relay.ts";
import { createScheduler, GROUPS, type Scheduler } from "./scheduler.ts";
import { addStatistics, newCounters } from "./statistics.ts";
import { bindUdpPort, type UdpPort } from "./udp-port.ts";

export interface CoreOptions {
  readonly host: string;
  readonly tell: Tell;
  readonly monotonicMs: () => number;
  readonly ids?: Ids;
}

/** The engine on the thread that does its work: commands in, reports out, `step` whenever `nextMs` has come. */
export interface Core {
  handle(command: Command): void;
  step(nowMs: number): void;
  /** When the next frame is due; undefined while no session has media. */
  readonly nextMs: number | undefined;
}

interface Open {
  readonly session: CoreSession;
  readonly udp: UdpPort;
  readonly near: number | undefined;
  group: number | undefined;
}

/** A deadline missed by more than this is told, at most once a second. */
const LATE_MS = 20;
const TELL_LATE_EVERY_MS = 1000;

export function createCore({ host, tell, monotonicMs, ids = randomIds }: CoreOptions): Core {
  const opens = new Map<number, Open>();
  const groups: CoreSession[][] = Array.from({ length: GROUPS }, () => []);
  let scheduler: Scheduler | undefined;
  let lateToldMs = -Infinity;

  const late = (lateMs: number, nowMs: number) => {
    if (lateMs <= LATE_MS || nowMs - lateToldMs < TELL_LATE_EVERY_MS) return;
    lateToldMs = nowMs;
    tell({ type: "late", sessions: opens.size, lateMs });
  };

  const run = (group: number, dueMs: number) => {
    const sessions = groups[group] ?? [];
    const nowMs = monotonicMs();
    late(nowMs - dueMs, nowMs);
    // All receive before any sends: sessions that are joined hear each other in the same turn.
    for (const session of sessions) session.receive(nowMs);
    for (const session of sessions) {
      session.send();
      const behindMs = monotonicMs() - dueMs;
      if (behindMs > session.counters.latestSendMs) session.counters.latestSendMs = behindMs;
    }
  };

  const skip = (frames: number) => {
    for (const group of groups) for (const session of group) session.skip(frames);
  };

  const open = async (id: number, port: number, near: number | undefined) => {
    const session = createCoreSession(id, {
      ids,
      tell,
      send: (packet, toPort, toHost) => opens.get(id)?.udp.send(packet, toPort, toHost),
    });
    try {
      const udp = await bindUdpPort(host, port, {
        datagram: (bytes, fromHost, fromPort) => session.datagram(bytes, fromHost, fromPort, monotonicMs()),
        sendFailed: () => (session.counters.packetsSent -= 1),
      });
      opens.set(id, { session, udp, near, group: undefined });
      tell({ type: "opened", session: id, host, port: udp.port });
    } catch (failure) {
      const portTaken = failure instanceof Error && "code" in failure && failure.code === "EADDRINUSE";
      tell({ type: "refused", session: id, code: "media_failed", portTaken });
    }
  };

  /** The smallest group; of equally small ones, the one whose turn comes first. */
  const smallestGroup = (): number => {
    const next = scheduler?.nextGroup ?? 0;
    const order = Array.from({ length: GROUPS }, (_, index) => (next + index) % GROUPS);
    const size = (group: number) => groups[group]?.length ?? 0;
    return order.reduce((best, group) => (size(group) < size(best) ? group : best));
  };

  const configure = (entry: Open, parameters: MediaParameters) => {
    const nowMs = monotonicMs();
    entry.session.configure(parameters, nowMs);
    if (entry.group !== undefined) return;
    scheduler ??= createScheduler(nowMs, { run, skip });
    entry.group = (entry.near === undefined ? undefined : opens.get(entry.near)?.group) ?? smallestGroup();
    groups[entry.group]?.push(entry.session);
  };

  const close = async (entry: Open) => {
    const { session, udp, group } = entry;
    opens.delete(session.id);
    // A new array: the group may be in the midst of its turn.
    if (group !== undefined) groups[group] = groups[group]?.filter((member) => member !== session) ?? [];
    if (groups.every((sessions) => sessions.length === 0)) scheduler = undefined;
    for (const other of opens.values()) other.session.partners.delete(session.heard);
    session.end();
    await udp.close();
    tell({ type: "closed", session: session.id, statistics: { ...session.counters } });
  };

  const statistics = () => {
    const sums = newCounters();
    for (const { session } of opens.values()) addStatistics(sums, session.counters);
    return sums;
  };

  return {
    handle(command) {
      if (command.type === "statistics") tell({ type: "statistics", request: command.request, statistics: statistics() });
      else if (command.type === "open") void open(command.session, command.port, command.near);
      else {
        const entry = opens.get(command.session);
        // What was sent to a session while it closed finds nobody.
        if (!entry) return;
        if (command.type === "configure") configure(entry, command.parameters);
        else if (command.type === "close") void close(entry);
        else if (command.type === "join" || command.type === "unjoin") pair(entry.session, opens.get(command.other)?.session, command.type === "join");
        else perform(entry.session, command);
      }
    },
    step: (nowMs) => scheduler?.step(nowMs),
    get nextMs() {
      return scheduler?.nextMs;
    },
  };
}

function pair(session: CoreSession, other: CoreSession | undefined, together: boolean): void {
  if (!other) return;
  const set = (partners: Set<Heard>, heard: Heard) => (together ? partners.add(heard) : partners.delete(heard));
  set(session.partners, other.heard);
  set(other.partners, session.heard);
}

type SessionCommand = Exclude<Command, { type: "statistics" | "open" | "configure" | "close" | "join" | "unjoin" }>;

function perform(session: CoreSession, command: SessionCommand): void {
  const { playout, digits, relays } = session;
  switch (command.type) {
    case "play":
      return playout.add(command.playback, command.kind);
    case "samples":
      return playout.append(command.playback, command.samples);
    case "ended":
      return playout.end(command.playback);
    case "flush":
      return playout.flush(command.playback);
    case "digits":
      return digits.add(command.sending, command.digits);
    case "stop_digits":
      return digits.stop(command.sending);
    case "tap":
      return session.tap(command.on);
    case "link": {
      const relay = createRelay();
      relays.set(command.link, relay);
      session.partners.add(relay.heard);
      return;
    }
    case "unlink": {
      const relay = relays.get(command.link);
      relays.delete(command.link);
      if (relay) session.partners.delete(relay.heard);
      return;
    }
    case "relayed":
      return relays.get(command.link)?.push(command.samples);
  }
}
