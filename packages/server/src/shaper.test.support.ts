import type { Clock, Ids } from "./base/index.ts";

/** What a bad network does to datagrams. */
export interface Faults {
  /** Parts of 1. */
  readonly loss?: number;
  readonly duplicates?: number;
  /** Every datagram is on its way for 0 to this. */
  readonly spreadMs?: number;
  /** Datagrams overtake each other, as where there are several ways; else one that is late keeps those behind it. */
  readonly reordering?: boolean;
}

export interface Shaper {
  /** Sends one datagram: `deliver` is called when it comes, once, twice or never. */
  carry(deliver: () => void): void;
  readonly counts: { readonly sent: number; readonly lost: number; readonly doubled: number; readonly overtaken: number };
}

/** One direction of a bad network. The same faults for the same seed of `ids`. */
export function createShaper(clock: Clock, ids: Ids, { loss = 0, duplicates = 0, spreadMs = 0, reordering = true }: Faults): Shaper {
  const counts = { sent: 0, lost: 0, doubled: 0, overtaken: 0 };
  const chance = (share: number) => ids.integer(1_000_000) < share * 1_000_000;
  let lastMs = 0;
  let newest = 0;
  const carryOne = (deliver: () => void, number: number) => {
    const nowMs = clock.monotonicMs();
    const dueMs = nowMs + (ids.integer(1_000_000) / 1_000_000) * spreadMs;
    const arrivesMs = reordering ? dueMs : Math.max(dueMs, lastMs);
    lastMs = arrivesMs;
    clock.setTimer(arrivesMs - nowMs, () => {
      if (number < newest) counts.overtaken += 1;
      newest = Math.max(newest, number);
      deliver();
    });
  };
  return {
    counts,
    carry(deliver) {
      const number = ++counts.sent;
      if (chance(loss)) counts.lost += 1;
      else carryOne(deliver, number);
      if (!chance(duplicates)) return;
      counts.doubled += 1;
      carryOne(deliver, number);
    },
  };
}
