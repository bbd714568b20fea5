import { PiopiyError, randomIds, systemClock, type Clock, type Ids } from "../base/index.ts";
import type { MediaEngine, MediaEngineOptions, MediaSession, MediaStatistics } from "./engine.ts";
import { localHost, startWorker, workerHost, type HostHooks, type StartWorker } from "./host.ts";
import { createPortPool, type PortPool } from "./port-pool.ts";
import type { Report } from "./protocol.ts";
import { createSession } from "./session.ts";
import { addStatistics, newCounters } from "./statistics.ts";
import { startThread, type Thread, type ThreadHooks } from "./thread.ts";

/** What a test may put in place of the real thing. Workers keep time and make random numbers themselves. */
export interface MediaEngineParts {
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly startWorker?: StartWorker;
}

interface Place {
  readonly id: number;
  readonly thread: Thread;
}

/** Starts the media plane; resolves when all its threads take commands. */
export async function createMediaEngine(options: MediaEngineOptions & MediaEngineParts): Promise<MediaEngine> {
  const { host, clock = systemClock, ids = randomIds } = options;
  const ports = createPortPool(options.ports, ids);
  const places = new Map<MediaSession, Place>();
  const threadOf = new Map<number, Thread>();
  const closedSums = newCounters();
  let nextId = 1;
  let closed = false;

  const start = (hooks: HostHooks) =>
    options.workers === 0 ? localHost(host, clock, ids, hooks) : workerHost(host, options.startWorker ?? startWorker, hooks);
  const relay = ({ session, link, samples }: Extract<Report, { type: "relay" }>) =>
    threadOf.get(link)?.send({ type: "relayed", session: link, link: session, samples }, [samples.buffer]);
  const threads = createThreads(Math.max(1, options.workers), start, {
    relay,
    died(thread) {
      for (const [session, place] of places) if (place.thread === thread) forget(session);
    },
  });
  await threads.all();

  const forget = (session: MediaSession) => {
    const place = places.get(session);
    if (!place) return;
    places.delete(session);
    threadOf.delete(place.id);
    place.thread.sessions.delete(place.id);
    ports.release(session.local.port);
  };

  const join = (id: number, thread: Thread, other: MediaSession): (() => void) => {
    const place = places.get(other);
    if (!place || !threadOf.has(id)) return () => undefined;
    const tell = (together: boolean) => {
      if (place.thread === thread) return thread.send({ type: together ? "join" : "unjoin", session: id, other: place.id });
      const type = together ? "link" : "unlink";
      thread.send({ type, session: id, link: place.id });
      place.thread.send({ type, session: place.id, link: id });
    };
    let together = true;
    tell(true);
    return () => {
      if (together) tell(false);
      together = false;
    };
  };

  const make = (id: number, thread: Thread, port: number): MediaSession => {
    const owned = createSession(id, {
      local: { host, port },
      send: (command, transfer) => thread.send(command, transfer),
      join: (other) => join(id, thread, other),
      closed(statistics) {
        addStatistics(closedSums, statistics);
        forget(owned.session);
      },
    });
    thread.sessions.set(id, owned);
    threadOf.set(id, thread);
    places.set(owned.session, { id, thread });
    return owned.session;
  };

  return {
    async open({ near } = {}) {
      if (closed) throw new PiopiyError("media_failed", "The media engine is closed.");
      const beside = near && places.get(near);
      const thread = beside?.thread ?? (await threads.leastLoaded());
      const id = nextId++;
      const port = await bind(ports, (candidate) => thread.bind(id, candidate, beside?.id));
      return make(id, thread, port);
    },
    get sessions() {
      return places.size;
    },
    async statistics() {
      const sums = { ...closedSums };
      for (const one of await Promise.all(threads.running().map((thread) => openStatistics(thread)))) addStatistics(sums, one);
      return sums;
    },
    async close() {
      closed = true;
      await Promise.all([...places.keys()].map((session) => session.close()));
      await threads.stop();
    },
  };
}

/** A thread that dies while it is asked has no sessions any more. */
const openStatistics = (thread: Thread): Promise<MediaStatistics> => thread.statistics().catch(newCounters);

/** Binds the first port of the pool that no other program holds. */
async function bind(ports: PortPool, attempt: (port: number) => ReturnType<Thread["bind"]>): Promise<number> {
  const held: number[] = [];
  try {
    for (let tried = 0; tried < ports.size; tried++) {
      const candidate = ports.take();
      const result = await attempt(candidate).catch((failure: unknown) => {
        ports.release(candidate);
        throw failure;
      });
      if ("port" in result) return result.port;
      held.push(candidate);
      if (!result.portTaken) throw new PiopiyError("media_failed", "The media address cannot be bound.");
    }
    throw new PiopiyError("out_of_ports");
  } finally {
    for (const port of held) ports.release(port);
  }
}

interface Threads {
  all(): Promise<unknown>;
  leastLoaded(): Promise<Thread>;
  running(): readonly Thread[];
  stop(): Promise<void>;
}

/** The engine's threads; one that has died is started anew when a session needs it. */
function createThreads(count: number, start: (hooks: HostHooks) => ReturnType<typeof localHost> | ReturnType<typeof workerHost>, hooks: ThreadHooks): Threads {
  const slots: (Thread | undefined)[] = Array.from({ length: count }, () => undefined);
  const starting = new Map<number, Promise<Thread>>();
  const died = (thread: Thread) => {
    slots[thread.index] = undefined;
    hooks.died(thread);
  };
  const begin = (index: number): Promise<Thread> => {
    const begun =
      starting.get(index) ??
      startThread(index, start, { ...hooks, died }).then((thread) => (slots[index] = thread)).finally(() => starting.delete(index));
    starting.set(index, begun);
    return begun;
  };
  const running = () => slots.filter((thread) => thread !== undefined);
  return {
    all: () => Promise.all(slots.map((_, index) => begin(index))),
    async leastLoaded() {
      await Promise.all(slots.map((thread, index) => (thread ? Promise.resolve(thread) : begin(index))));
      return running().reduce((best, thread) => (thread.load < best.load ? thread : best));
    },
    running,
    async stop() {
      await Promise.all(running().map((thread) => thread.stop()));
    },
  };
}
