import type { LegQuality } from "./quality.ts";

/** How many values were at most so large. */
export interface Histogram {
  /** Upper bounds, both included and rising. */
  readonly bounds: readonly number[];
  /** For each bound the values above the one before it; then those above all of them. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** What the legs that have ended were like: times in seconds, loss as a part of 1. */
export type QualityFigures = { readonly [K in Figure]: Histogram };

type Figure = keyof typeof bounds;

const seconds = { jitter: [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2], roundTrip: [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2] } as const;
const mos = [1.5, 2, 2.5, 3, 3.5, 3.8, 4, 4.2, 4.3, 4.4] as const;
const loss = [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2] as const;
const bounds = {
  receivedMos: mos,
  sentMos: mos,
  receivedJitter: seconds.jitter,
  sentJitter: seconds.jitter,
  receivedLoss: loss,
  sentLoss: loss,
  roundTrip: seconds.roundTrip,
} as const;

/** Counts how legs were. */
export interface QualityCount {
  add(quality: LegQuality): void;
  readonly figures: QualityFigures;
}

export function createQualityCount(): QualityCount {
  const receivedMos = histogram(bounds.receivedMos);
  const sentMos = histogram(bounds.sentMos);
  const receivedJitter = histogram(bounds.receivedJitter);
  const sentJitter = histogram(bounds.sentJitter);
  const receivedLoss = histogram(bounds.receivedLoss);
  const sentLoss = histogram(bounds.sentLoss);
  const roundTrip = histogram(bounds.roundTrip);
  return {
    add({ received, sent, roundTripMs }) {
      if (received) {
        receivedMos.add(received.mos);
        receivedJitter.add(received.jitterMs / 1000);
        receivedLoss.add(received.lossPercent / 100);
      }
      if (sent) {
        sentMos.add(sent.mos);
        sentJitter.add(sent.jitterMs / 1000);
        sentLoss.add(sent.lossPercent / 100);
      }
      if (roundTripMs !== undefined) roundTrip.add(roundTripMs / 1000);
    },
    get figures() {
      return {
        receivedMos: receivedMos.now(), sentMos: sentMos.now(), receivedJitter: receivedJitter.now(), sentJitter: sentJitter.now(),
        receivedLoss: receivedLoss.now(), sentLoss: sentLoss.now(), roundTrip: roundTrip.now(),
      };
    },
  };
}

function histogram(of: readonly number[]) {
  const counts = Array.from({ length: of.length + 1 }, () => 0);
  let sum = 0;
  return {
    add(value: number): void {
      const found = of.findIndex((bound) => value <= bound);
      const place = found === -1 ? of.length : found;
      counts[place] = (counts[place] ?? 0) + 1;
      sum += value;
    },
    now: (): Histogram => ({ bounds: of, counts: [...counts], sum }),
  };
}
