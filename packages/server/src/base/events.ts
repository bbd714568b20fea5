type Listener<T> = (event: T) => void;

/** What may be listened to; the map's keys are the events' names. */
export interface Listenable<Events> {
  /** Calls `listener` at every event of that name until the returned function is called. */
  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void;
}

/** Typed events. A listener that throws does not keep the others from being called; its error is rethrown last. */
export class Emitter<Events> implements Listenable<Events> {
  readonly #listeners: { [K in keyof Events]?: Set<Listener<Events[K]>> } = {};

  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void {
    const listeners = (this.#listeners[name] ??= new Set<Listener<Events[K]>>());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    const failures: unknown[] = [];
    for (const listener of this.#listeners[name] ?? []) {
      try {
        listener(event);
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** How many listeners that name has. */
  count(name: keyof Events): number {
    return this.#listeners[name]?.size ?? 0;
  }
}
