import type { Host, HostHooks } from "./host.ts";
import { Thread, type ThreadHooks } from "./thread.ts";

/** The engine's threads; one that has died is started anew when a session needs it. */
export class Threads {
  readonly #slots: (Thread | undefined)[];
  readonly #starting = new Map<number, Promise<Thread>>();
  readonly #makeHost: (hooks: HostHooks) => Host | Promise<Host>;
  readonly #hooks: ThreadHooks;

  constructor(count: number, makeHost: (hooks: HostHooks) => Host | Promise<Host>, hooks: ThreadHooks) {
    this.#slots = Array.from({ length: count }, () => undefined);
    this.#makeHost = makeHost;
    this.#hooks = hooks;
  }

  get running(): readonly Thread[] {
    return this.#slots.filter((thread) => thread !== undefined);
  }

  /** Starts every thread that is not running. */
  async start(): Promise<void> {
    await Promise.all(this.#slots.map((thread, index) => (thread ? Promise.resolve(thread) : this.#begin(index))));
  }

  async leastLoaded(): Promise<Thread> {
    await this.start();
    return this.running.reduce((best, thread) => (thread.load < best.load ? thread : best));
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((thread) => thread.stop()));
  }

  async #begin(index: number): Promise<Thread> {
    const underWay = this.#starting.get(index);
    if (underWay) return await underWay;
    const thread = new Thread(index, { ...this.#hooks, died: (dead) => this.#died(dead) });
    const starting = thread.start(this.#makeHost);
    this.#starting.set(index, starting);
    try {
      await starting;
      this.#slots[index] = thread;
      return thread;
    } finally {
      this.#starting.delete(index);
    }
  }

  #died(thread: Thread): void {
    if (this.#slots[thread.index] === thread) this.#slots[thread.index] = undefined;
    this.#hooks.died(thread);
  }
}
