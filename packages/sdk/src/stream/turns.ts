/** Work that is done one after the other, in the order in which it was asked for. */
export type Turns = <T>(work: () => T | Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.then(() => undefined, () => undefined); // its failure is the business of who asked for it
    return turn;
  };
}

/** Calls `aborted` when the signal aborts, or at once; not any more when the returned function was called. */
export function whenAborted(signal: AbortSignal | undefined, aborted: () => void): () => void {
  if (signal?.aborted) aborted();
  else signal?.addEventListener("abort", aborted, { once: true });
  return () => signal?.removeEventListener("abort", aborted);
}

/** Where a change is waited for. */
export interface Waiting {
  /** Resolves at the next `wake`, or when the signal aborts: the caller looks which of them it was. */
  next(signal: AbortSignal): Promise<void>;
  wake(): void;
}

export function createWaiting(): Waiting {
  const waiting = new Set<() => void>();
  return {
    next: (signal) => new Promise((resolve) => {
      const go = () => {
        waiting.delete(go);
        release();
        resolve();
      };
      let release = () => {};
      waiting.add(go);
      release = whenAborted(signal, go);
    }),
    wake() {
      for (const go of waiting) go();
    },
  };
}

/** A promise, and what resolves it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, "promise"> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}
