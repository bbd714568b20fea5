/** Typed events: a listener is called until the function that `on` returns is called. */
export interface Emitter<Events> {
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): () => void;
  emit<K extends keyof Events>(type: K, event: Events[K]): void;
  clear(): void;
}

/** A listener that throws does not keep the others from being called; `failed` is told. */
export function emitter<Events>(failed: (error: unknown) => void): Emitter<Events> {
  const listeners: { [K in keyof Events]?: Set<(event: Events[K]) => void> } = {};
  return {
    on(type, listener) {
      const all = (listeners[type] ??= new Set());
      // One of its own for each call, so that a listener that is added twice can be removed once.
      const own: typeof listener = (event) => listener(event);
      all.add(own);
      return () => void all.delete(own);
    },
    emit(type, event) {
      for (const listener of listeners[type] ?? []) {
        try {
          listener(event);
        } catch (error) {
          failed(error);
        }
      }
    },
    clear() {
      for (const type in listeners) delete listeners[type];
    },
  };
}
