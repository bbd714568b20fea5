/** Keeps what was used last, up to a number of bytes. */
export interface Lru<V> {
  /** The value of a key, which thereby becomes the last used one. */
  get(key: string): V | undefined;
  /** Puts a value; the ones unused for longest make room. What is larger than the whole bound is not kept. */
  set(key: string, value: V, bytes: number): void;
  readonly bytes: number;
}

export function createLru<V>(maxBytes: number, onEvict: (key: string, value: V) => void = () => undefined): Lru<V> {
  // A Map iterates in the order of insertion: what is used is put in again, so the first one is the oldest.
  const entries = new Map<string, { readonly value: V; readonly bytes: number }>();
  let total = 0;
  const remove = (key: string) => {
    const entry = entries.get(key);
    if (entry) total -= entry.bytes;
    entries.delete(key);
    return entry;
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, bytes) {
      remove(key);
      entries.set(key, { value, bytes });
      total += bytes;
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) break;
        const evicted = remove(oldest);
        if (evicted) onEvict(oldest, evicted.value);
      }
    },
    get bytes() {
      return total;
    },
  };
}
