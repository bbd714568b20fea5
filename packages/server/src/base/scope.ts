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

/** Makes a scope within `parent` (or a top one). A failure of its background work goes to `onFailure`. */
export function scope(parent?: AbortSignal, onFailure: (failure: unknown) => void = () => undefined): Scope {
  const controller = new AbortController();
  // A call rings as many phones as it likes: more than ten listeners are no leak here.
  setMaxListeners(0, controller.signal);
  const close = (reason?: unknown) => {
    parent?.removeEventListener("abort", parentAborted);
    if (!controller.signal.aborted) controller.abort(reason);
  };
  const parentAborted = () => close(parent?.reason);
  if (parent?.aborted) controller.abort(parent.reason);
  else parent?.addEventListener("abort", parentAborted, { once: true });
  return {
    signal: controller.signal,
    close,
    run(work) {
      const failed = (failure: unknown) => {
        if (controller.signal.aborted) return;
        onFailure(failure);
        close(failure);
      };
      // `work` may throw before it returns a promise: both ends meet in `failed`.
      Promise.resolve().then(() => work(controller.signal)).then(undefined, failed);
    },
    onClose(release) {
      if (controller.signal.aborted) release();
      else controller.signal.addEventListener("abort", release, { once: true });
    },
    [Symbol.dispose]: () => close(),
  };
}

/** Resolves with the reason once `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}

/** The result of `work`, or a rejection with the signal's reason as soon as `signal` aborts. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  using race = scope(signal);
  const stop = new Promise<never>((_, reject) => race.onClose(() => reject(race.signal.reason)));
  stop.catch(() => undefined);
  return await Promise.race([work, stop]);
}
