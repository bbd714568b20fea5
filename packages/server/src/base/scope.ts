import { Signal } from "./signal.ts";

/**
 * A lifetime inside a longer one: it ends when it is closed or when its parent's signal aborts, whichever comes
 * first, and then leaves nothing behind on the parent.
 * `AbortSignal.any` is not used: on a long-lived signal every composite stays referenced.
 */
export interface Scope extends Disposable {
  readonly signal: AbortSignal;
  /** Ends the scope; `reason` becomes the reason of its signal. Ending twice does nothing. */
  close(reason?: unknown): void;
  /** Starts background work that this scope owns: a failure ends the scope and is handed to `onFailure`. */
  run(work: (signal: AbortSignal) => Promise<void>): void;
  /** Calls `release` once when the scope ends (at once if it has ended). */
  onClose(release: () => void): void;
}

/** Why a scope ended that was closed without a reason: made once, because a trace of the stack is dear. */
const CLOSED = new DOMException("This operation was aborted", "AbortError");

/** Makes a scope within `parent` (or a top one). A failure of its background work goes to `onFailure`. */
export function scope(parent?: AbortSignal, onFailure: (failure: unknown) => void = ignored): Scope {
  return new Life(parent, onFailure);
}

const ignored = (): void => undefined;

class Life implements Scope {
  readonly signal = new Signal();
  readonly #parent: AbortSignal | undefined;
  readonly #onFailure: (failure: unknown) => void;

  constructor(parent: AbortSignal | undefined, onFailure: (failure: unknown) => void) {
    this.#parent = parent;
    this.#onFailure = onFailure;
    if (parent?.aborted) this.signal.abort(parent.reason);
    else parent?.addEventListener("abort", this, { once: true });
  }

  close(reason: unknown = CLOSED): void {
    this.#parent?.removeEventListener("abort", this);
    this.signal.abort(reason);
  }

  run(work: (signal: AbortSignal) => Promise<void>): void {
    const failed = (failure: unknown) => {
      if (this.signal.aborted) return;
      this.#onFailure(failure);
      this.close(failure);
    };
    // `work` may throw before it returns a promise: both ends meet in `failed`.
    Promise.resolve().then(() => work(this.signal)).then(undefined, failed);
  }

  onClose(release: () => void): void {
    if (this.signal.aborted) release();
    else this.signal.addEventListener("abort", release);
  }

  /** The parent has ended. */
  handleEvent(): void {
    this.close(this.#parent?.reason);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Resolves with the reason once `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}

/** The result of `work`, or a rejection with the signal's reason as soon as `signal` aborts. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    const over = () => signal.removeEventListener("abort", stop);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    const done = (value: T) => {
      over();
      resolve(value);
    };
    const failed = (failure: unknown) => {
      over();
      reject(failure);
    };
    work.then(done, failed);
  });
}
