import type { Clock, Timer } from "../../base/index.ts";
import type { SipTimers } from "../transaction/timers.ts";

export interface AckWait {
  /** The ACK has come, or nobody waits for it any more. */
  stop(): void;
  /** Resolves when it was stopped or given up. */
  readonly over: Promise<void>;
}

/**
 * RFC 3261 §13.3.1.4: the 2xx is passed to the transport again after T1, then after twice as long each time up to T2,
 * on every transport, until the ACK comes; after 64*T1 without one the session is over.
 */
export function retransmitUntilAck(
  clock: Clock, timers: SipTimers, resend: () => void, givenUp: () => void,
): AckWait {
  let intervalMs = timers.t1;
  let finish: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let repeat: Timer;
  const again = () => {
    resend();
    intervalMs = Math.min(intervalMs * 2, timers.t2);
    repeat = clock.setTimer(intervalMs, again);
  };
  repeat = clock.setTimer(intervalMs, again);
  const limit = clock.setTimer(64 * timers.t1, () => {
    repeat.cancel();
    finish();
    givenUp();
  });
  return {
    over,
    stop() {
      repeat.cancel();
      limit.cancel();
      finish();
    },
  };
}
