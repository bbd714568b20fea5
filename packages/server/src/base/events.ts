type Listener<T> = (event: T) => void;
/** Nearly always there is one, which needs no set: a call has several emitters as long as it lasts. */
type Listeners<T> = Listener<T> | Set<Listener<T>> | undefined;

/** What may be listened to; the map's keys are the events' names. */
export interface Listenable<Events> {
  /** Calls `listener` at every event of that name until the returned function is called. */
  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void;
}

/** Typed events. A listener that throws does not keep the others from being called; its error is rethrown last. */
export class Emitter<Events> implements Listenable<Events> {
  readonly #listeners: { [K in keyof Events]?: Listeners<Events[K]> } = {};

  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): () => void {
    const before: Listeners<Events[K]> = this.#listeners[name];
    if (!before) this.#listeners[name] = listener;
    else if (before instanceof Set) before.add(listener);
    else if (before !== listener) this.#listeners[name] = new Set<Listener<Events[K]>>([before, listener]);
    return () => this.#remove(name, listener);
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    const [first, failures] = [this.#listeners[name], new Array<unknown>()];
    if (typeof first === "function") tell(first, event, failures);
    // Those that the one has added are told as well.
    const all = this.#listeners[name];
    if (all instanceof Set) for (const listener of all) if (listener !== first) tell(listener, event, failures);
    if (failures.length > 0) throw failures[0];
  }

  /** How many listeners that name has. */
  count(name: keyof Events): number {
    const listeners = this.#listeners[name];
    return listeners instanceof Set ? listeners.size : listeners ? 1 : 0;
  }

  #remove<K extends keyof Events>(name: K, listener: Listener<Events[K]>): void {
    const listeners = this.#listeners[name];
    if (listeners instanceof Set) listeners.delete(listener);
    else if (listeners === listener) this.#listeners[name] = undefined;
  }
}

function tell<T>(listener: Listener<T>, event: T, failures: unknown[]): void {
  try {
    listener(event);
  } catch (failure) {
    failures.push(failure);
  }
}
