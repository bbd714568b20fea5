import { channels, type Clock, type Timer } from "../base/index.ts";
import type { ThreadCounts } from "./engine.ts";
import type { Host, HostHooks } from "./host.ts";
import { Thread, type ThreadHooks } from "./thread.ts";

/** One that cannot be started, or dies at once, is started again so much later. */
const START_AGAIN_MS = 1000;

/** The engine's threads; one that has died is started anew. */
export class Threads {
  readonly #slots: (Thread | undefined)[];
  readonly #starting = new Map<number, Promise<Thread>>();
  readonly #again = new Map<number, Timer>();
  readonly #startedMs: number[];
  readonly #makeHost: (hooks: HostHooks) => Host | Promise<Host>;
  readonly #hooks: ThreadHooks;
  readonly #clock: Clock;
  #died = 0;
  #hung = 0;
  #stopped = false;

  constructor(count: number, makeHost: (hooks: HostHooks) => Host | Promise<Host>, hooks: ThreadHooks, clock: Clock) {
    this.#slots = Array.from({ length: count }, () => undefined);
    this.#startedMs = Array.from({ length: count }, () => -Infinity);
    this.#makeHost = makeHost;
    this.#hooks = hooks;
    this.#clock = clock;
  }

  get running(): readonly Thread[] {
    return this.#slots.filter((thread) => thread !== undefined);
  }

  /** Threads that run, and those that were lost since the start. */
  get counts(): ThreadCounts {
    return { running: this.running.length, died: this.#died, hung: this.#hung };
  }

  /** Starts every thread that is not running. */
  async start(): Promise<void> {
    await Promise.all(this.#slots.map((thread, index) => (thread ? Promise.resolve(thread) : this.#begin(index))));
  }

  /** Of those that run, the one with the least to do: at once, so that of several who ask in the same breath each counts. */
  get leastLoaded(): Thread | undefined {
    return this.running.toSorted((one, other) => one.load - other.load)[0];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#again.values()) timer.cancel();
    await Promise.allSettled(this.#starting.values());
    await Promise.all(this.running.map((thread) => thread.stop()));
  }

  async #begin(index: number): Promise<Thread> {
    const underWay = this.#starting.get(index);
    if (underWay) return await underWay;
    this.#again.get(index)?.cancel();
    const thread = new Thread(index, { ...this.#hooks, died: (dead) => this.#lost(dead) });
    const starting = thread.start(this.#makeHost);
    this.#starting.set(index, starting);
    this.#startedMs[index] = this.#clock.monotonicMs();
    try {
      await starting;
      this.#slots[index] = thread;
      return thread;
    } finally {
      this.#starting.delete(index);
    }
  }

  #lost(thread: Thread): void {
    const { index, hung } = thread;
    // One that has never been ready is told by whoever started it.
    if (this.#slots[index] !== thread) return;
    this.#slots[index] = undefined;
    if (hung) this.#hung += 1;
    else this.#died += 1;
    this.#hooks.died(thread);
    const what = `media thread ${index} ${hung ? "hung" : "died"}; it is started anew`;
    channels.failure.publish({ layer: "media", failure: new Error(what, { cause: thread.failure }) });
    const livedMs = this.#clock.monotonicMs() - (this.#startedMs[index] ?? 0);
    this.#restart(index, livedMs < START_AGAIN_MS ? START_AGAIN_MS : 0);
  }

  #restart(index: number, delayMs: number): void {
    if (this.#stopped) return;
    const begin = () =>
      this.#begin(index).then(undefined, (failure: unknown) => {
        channels.failure.publish({ layer: "media", failure });
        this.#restart(index, START_AGAIN_MS);
      });
    this.#again.set(index, this.#clock.setTimer(delayMs, () => void begin()));
  }
}
