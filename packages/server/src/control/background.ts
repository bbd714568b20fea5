import { channels, type Clock, scope } from "../base/index.ts";

/** Work whose result nobody waits for; its failure is published. */
export function inBackground(work: Promise<unknown>): void {
  work.then(undefined, (failure: unknown) => channels.failure.publish({ layer: "control", failure }));
}

/** The result of `work`, whose signal aborts with `parent` or after `limitMs`. */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using limit = scope(parent);
  const timer = clock.setTimer(limitMs, () => limit.close());
  limit.onClose(() => timer.cancel());
  return await work(limit.signal);
}
