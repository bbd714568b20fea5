import { channels, type Clock } from "../../base/index.ts";

export interface OverloadLimits {
  /** The event loop is that late, twice in a row. */
  readonly lagMs: number;
  /** Transactions at a time. */
  readonly transactions: number;
}

/** Whether this server has more to do than it can (RFC 3261 §21.5.4). */
export interface Overload {
  /** With so many transactions under way. */
  isOver(transactions: number): boolean;
  /** A new call was refused, because it had waited for so long. */
  refused(waitedMs: number): void;
  close(): void;
}

const USUAL: OverloadLimits = { lagMs: 1000, transactions: 80_000 };
const SAMPLE_MS = 250;
/** Without a refusal for so long it is over. */
const CALM_MS = 2000;

export function createOverload(clock: Clock, limits: Partial<OverloadLimits> = {}): Overload {
  const { lagMs, transactions: most } = { ...USUAL, ...limits };
  let late = 0;
  let lagging = false;
  let refusedMs = -Infinity;
  let over = false;
  let expected = clock.monotonicMs() + SAMPLE_MS;
  const become = (next: boolean, lag: number) => {
    if (over !== next) channels.sipOverload.publish({ overloaded: next, lagMs: Math.round(lag) });
    over = next;
  };
  // Each sample is a wait of its own: one that makes up for those before it would look early.
  const sample = () => {
    const now = clock.monotonicMs();
    const lag = now - expected;
    expected = now + SAMPLE_MS;
    late = lag > lagMs ? late + 1 : 0;
    // Once late is a pause for garbage or a wake-up of the machine; half as late is over it.
    if (late >= 2) lagging = true;
    else if (lag < lagMs / 2) lagging = false;
    become(lagging || now - refusedMs < CALM_MS, lag);
    timer = clock.setTimer(SAMPLE_MS, sample);
  };
  let timer = clock.setTimer(SAMPLE_MS, sample);
  return {
    isOver: (transactions) => lagging || transactions >= most,
    refused(waitedMs) {
      refusedMs = clock.monotonicMs();
      become(true, waitedMs);
    },
    close: () => timer.cancel(),
  };
}
