import { PiopiyError, randomIds, systemClock, type Clock, type Ids } from "../base/index.ts";
import type { EngineStatistics, MediaEngine, MediaEngineOptions, MediaSession, MediaStatistics } from "./engine.ts";
import { localHost, startWorker, workerHost, type HostHooks, type StartWorker } from "./host.ts";
import { createPortPool, type PortPool } from "./port-pool.ts";
import { usualPump } from "./pump-addon.ts";
import { createQualityCount } from "./quality-figures.ts";
import { Session } from "./session.ts";
import { addStatistics, newCounters } from "./statistics.ts";
import type { Thread } from "./thread.ts";
import { Threads } from "./threads.ts";

/** What a test may put in place of the real thing. Workers keep time and make random numbers themselves. */
export interface MediaEngineParts {
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly startWorker?: StartWorker;
}

/** Starts the media plane; resolves when all its threads take commands. */
export async function createMediaEngine(options: MediaEngineOptions & MediaEngineParts): Promise<MediaEngine> {
  const engine = new Engine(options);
  await engine.start();
  return engine;
}

interface Place {
  readonly id: number;
  readonly thread: Thread;
}

class Engine implements MediaEngine {
  readonly #host: string;
  readonly #ports: PortPool;
  readonly #threads: Threads;
  readonly #places = new Map<MediaSession, Place>();
  readonly #threadOf = new Map<number, Thread>();
  readonly #closedSums = newCounters();
  readonly #quality = createQualityCount();
  #nextId = 1;
  #closed = false;

  constructor(options: MediaEngineOptions & MediaEngineParts) {
    const { host, workers, pump = usualPump(), clock = systemClock, ids = randomIds, startWorker: start = startWorker } = options;
    this.#host = host;
    this.#ports = createPortPool(options.ports, ids);
    const makeHost = (hooks: HostHooks) => (workers === 0 ? localHost({ host, pump }, clock, ids, hooks) : workerHost({ host, pump }, start, clock, hooks));
    this.#threads = new Threads(Math.max(1, workers), makeHost, {
      relay: (session, link, frame) => this.#threadOf.get(link)?.relayed(link, session, frame),
      died: (thread) => this.#lose(thread),
    }, clock);
  }

  get sessions(): number {
    return this.#places.size;
  }

  start(): Promise<void> {
    return this.#threads.start();
  }

  async open(options: { readonly near?: MediaSession } = {}): Promise<MediaSession> {
    if (this.#closed) throw new PiopiyError("media_failed", "The media engine is closed.");
    const beside = options.near && this.#places.get(options.near);
    if (!this.#threads.leastLoaded) await this.#threads.start();
    const thread = beside?.thread ?? this.#threads.leastLoaded;
    if (!thread) throw new PiopiyError("media_failed", "No media thread runs.");
    const id = this.#nextId++;
    const port = await bind(this.#ports, (candidate) => thread.bind(id, candidate, beside?.id));
    const session: Session = new Session(id, {
      local: { host: this.#host, port },
      thread,
      join: (other) => this.#join({ id, thread }, other),
      closed: (statistics) => {
        addStatistics(this.#closedSums, statistics);
        if (statistics.quality) this.#quality.add(statistics.quality);
        this.#forget(session);
      },
    });
    thread.sessions.set(id, session);
    this.#threadOf.set(id, thread);
    this.#places.set(session, { id, thread });
    return session;
  }

  async statistics(): Promise<EngineStatistics> {
    const sums = { ...this.#closedSums };
    for (const open of await Promise.all(this.#threads.running.map(openStatistics))) addStatistics(sums, open);
    return { ...sums, quality: this.#quality.figures, threads: this.#threads.counts };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#places.keys()].map((session) => session.close()));
    await this.#threads.stop();
  }

  #forget(session: MediaSession): void {
    const place = this.#places.get(session);
    if (!place) return;
    this.#places.delete(session);
    this.#threadOf.delete(place.id);
    place.thread.sessions.delete(place.id);
    this.#ports.release(session.local.port);
  }

  #lose(thread: Thread): void {
    for (const [session, place] of this.#places) if (place.thread === thread) this.#forget(session);
  }

  /** Sessions on one thread mix each other's frames there; between threads the frames are relayed through here. */
  #join({ id, thread }: Place, other: MediaSession): () => void {
    const place = this.#places.get(other);
    if (!place || place.id === id) return () => undefined;
    const tell = (together: boolean) => {
      if (place.thread === thread) {
        thread.send({ type: together ? "join" : "unjoin", session: id, other: place.id });
        return;
      }
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
  }

}

/** A thread that dies while it is asked has no sessions any more. */
const openStatistics = (thread: Thread): Promise<MediaStatistics> => thread.statistics().catch(newCounters);

/** Binds the first port of the pool that no other program holds. */
async function bind(ports: PortPool, attempt: (port: number) => ReturnType<Thread["bind"]>): Promise<number> {
  const held: number[] = [];
  try {
    for (let tried = 0; tried < ports.size; tried++) {
      const candidate = ports.take();
      held.push(candidate);
      const result = await attempt(candidate);
      if ("port" in result) {
        held.pop();
        return result.port;
      }
      if (!result.portTaken) throw new PiopiyError("media_failed", "The media address cannot be bound.");
    }
    throw new PiopiyError("out_of_ports");
  } finally {
    for (const port of held) ports.release(port);
  }
}
