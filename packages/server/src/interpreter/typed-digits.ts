import type { Leg } from "../call/index.ts";

/** Far more than a person types between two prompts. */
const LIMIT = 64;

/** The keys pressed on a leg from a moment on, kept until they are taken. */
export interface TypedDigits extends Disposable {
  /** The oldest key that was not taken yet. */
  take(): string | undefined;
  /** Tells that there is a key to take, at every further key, until the returned function is called. */
  onPress(listener: () => void): () => void;
  /** Keys lost because nobody took them. */
  readonly dropped: number;
}

/** Listens from now on; what was pressed before is not seen. */
export function typedDigits(leg: Leg): TypedDigits {
  const kept: string[] = [];
  const listeners = new Set<() => void>();
  let dropped = 0;
  const stop = leg.digits.on("digit", (digit) => {
    if (kept.length < LIMIT) kept.push(digit);
    else dropped++;
    for (const listener of listeners) listener();
  });
  return {
    take: () => kept.shift(),
    onPress(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get dropped() {
      return dropped;
    },
    [Symbol.dispose]: stop,
  };
}
