import type { Clock } from "../base/clock.ts";
import { createWaiting } from "./turns.ts";

/**
 * How much audio may be sent without filling the server's queue. The server says what is queued when it has changed by
 * a second; what it says is older than what was sent meanwhile, so it is taken at its word only when nothing was sent
 * for a while. Else only that the queue has become shorter counts: so much has certainly been heard.
 */
export interface Credit {
  /** So much more is on its way. */
  sent(ms: number): void;
  told(queuedMs: number): void;
  /** Everything that was sent up to now, as `position` counted it, is over. */
  over(position: number): void;
  /** How much has been sent so far. */
  readonly position: number;
  /** Resolves when there is room for more; rejects with the signal's reason. */
  room(signal: AbortSignal): Promise<void>;
}

/** Longer than a message takes to the server and back. */
const quietMs = 300;

/** `aheadMs`: how much may wait at the server. */
export function createCredit(clock: Clock, aheadMs: number): Credit {
  const waiting = createWaiting();
  let position = 0;
  let outstandingMs = 0;
  let lastQueuedMs = 0;
  let lastSentAt = -quietMs;
  const wake = () => {
    if (outstandingMs < aheadMs) waiting.wake();
  };
  return {
    get position() {
      return position;
    },
    sent(ms) {
      position += ms;
      outstandingMs += ms;
      lastSentAt = clock.monotonicMs();
    },
    told(queuedMs) {
      const quiet = clock.monotonicMs() - lastSentAt >= quietMs;
      outstandingMs = quiet ? queuedMs : Math.max(queuedMs, outstandingMs - Math.max(0, lastQueuedMs - queuedMs));
      lastQueuedMs = queuedMs;
      wake();
    },
    over(upTo) {
      outstandingMs = Math.min(outstandingMs, Math.max(0, position - upTo));
      wake();
    },
    async room(signal) {
      while (outstandingMs >= aheadMs) {
        signal.throwIfAborted();
        await waiting.next(signal);
      }
      signal.throwIfAborted();
    },
  };
}
