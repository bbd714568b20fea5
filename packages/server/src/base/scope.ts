import { setMaxListeners } from "node:events";

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

/** Many scopes are made and closed without anybody asking for their signal: it is made for who does. */
class Life implements Scope {
  readonly #parent: AbortSignal | undefined;
  readonly #parentAborted: (() => void) | undefined;
  readonly #onFailure: (failure: unknown) => void;
  #end: { readonly reason: unknown } | undefined;
  #controller: AbortController | undefined;
  /** Who is to be told, while there is no signal to listen to. */
  #releases: (() => void)[] = [];

  constructor(parent: AbortSignal | undefined, onFailure: (failure: unknown) => void) {
    this.#parent = parent;
    this.#onFailure = onFailure;
    if (!parent) return;
    if (parent.aborted) {
      this.#end = { reason: parent.reason };
      return;
    }
    this.#parentAborted = () => this.close(parent.reason);
    parent.addEventListener("abort", this.#parentAborted, { once: true });
  }

  get signal(): AbortSignal {
    return (this.#controller ??= this.#makeController()).signal;
  }

  close(reason: unknown = CLOSED): void {
    if (this.#parentAborted) this.#parent?.removeEventListener("abort", this.#parentAborted);
    if (this.#end) return;
    this.#end = { reason };
    for (const release of this.#releases.splice(0)) release();
    this.#controller?.abort(reason);
  }

  run(work: (signal: AbortSignal) => Promise<void>): void {
    const failed = (failure: unknown) => {
      if (this.#end) return;
      this.#onFailure(failure);
      this.close(failure);
    };
    // `work` may throw before it returns a promise: both ends meet in `failed`.
    Promise.resolve().then(() => work(this.signal)).then(undefined, failed);
  }

  onClose(release: () => void): void {
    if (this.#end) release();
    else if (this.#controller) this.#controller.signal.addEventListener("abort", release, { once: true });
    else this.#releases.push(release);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #makeController(): AbortController {
    const controller = new AbortController();
    // A call rings as many phones as it likes: more than ten listeners are no leak here.
    setMaxListeners(0, controller.signal);
    if (this.#end) controller.abort(this.#end.reason);
    for (const release of this.#releases.splice(0)) controller.signal.addEventListener("abort", release, { once: true });
    return controller;
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
    work.then(resolve, reject).finally(over);
  });
}
