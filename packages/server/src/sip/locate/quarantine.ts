import type { Clock } from "../../base/index.ts";
import type { SipAddress } from "../address.ts";
import { remoteOf } from "../transport/transport.ts";

/** Remembers for a while who did not answer: the next request tries the others first. */
export interface Quarantine {
  add(target: SipAddress, forMs?: number): void;
  /** The targets, those that are known to be dead last. */
  order(targets: readonly SipAddress[]): readonly SipAddress[];
}

const USUAL_MS = 30_000;
const LONGEST_MS = 300_000;
const MAX_KEPT = 1000;

export function createQuarantine(clock: Clock): Quarantine {
  const until = new Map<string, number>();
  const keyOf = (target: SipAddress) => `${target.transport} ${remoteOf(target)}`;
  const isIn = (target: SipAddress) => {
    const end = until.get(keyOf(target));
    if (end === undefined) return false;
    if (end > clock.monotonicMs()) return true;
    until.delete(keyOf(target));
    return false;
  };
  return {
    add(target, forMs = USUAL_MS) {
      until.delete(keyOf(target));
      until.set(keyOf(target), clock.monotonicMs() + Math.min(forMs, LONGEST_MS));
      const [oldest] = until.keys();
      if (until.size > MAX_KEPT && oldest !== undefined) until.delete(oldest);
    },
    order(targets) {
      if (until.size === 0 || targets.length < 2) return targets;
      return [...targets.filter((target) => !isIn(target)), ...targets.filter(isIn)];
    },
  };
}
