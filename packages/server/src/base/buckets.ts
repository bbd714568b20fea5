import type { Clock } from "./clock.ts";

/** How much is let through: so many at once, and then so many a second. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/** Token buckets by key (RFC 2697 in its simplest form): who has none yet has a full one. */
export interface Buckets {
  /** How long until a token is there; 0 when one is. */
  waitMs(key: string): number;
  /** Takes a token; `false`, and nothing is taken, when there is none. */
  take(key: string): boolean;
  /** Gives tokens back. */
  give(key: string, tokens: number): void;
  readonly size: number;
}

/** Buckets at a time: the one that was used longest ago is forgotten, and full again. */
const MAX_BUCKETS = 20_000;

export function createBuckets(clock: Clock, { burst, perSecond }: Allowance, maxBuckets = MAX_BUCKETS): Buckets {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const levelOf = (key: string): number => {
    const bucket = buckets.get(key);
    return bucket ? Math.min(burst, bucket.tokens + ((clock.monotonicMs() - bucket.atMs) * perSecond) / 1000) : burst;
  };
  const put = (key: string, tokens: number) => {
    buckets.delete(key);
    if (tokens >= burst) return;
    buckets.set(key, { tokens, atMs: clock.monotonicMs() });
    const [oldest] = buckets.keys();
    if (buckets.size > maxBuckets && oldest !== undefined) buckets.delete(oldest);
  };
  return {
    // Rounded up: who comes back then finds a token.
    waitMs: (key) => Math.ceil((Math.max(0, 1 - levelOf(key)) * 1000) / perSecond),
    take(key) {
      const level = levelOf(key);
      if (level < 1) return false;
      put(key, level - 1);
      return true;
    },
    give(key, tokens) {
      if (buckets.has(key)) put(key, levelOf(key) + tokens);
    },
    get size() {
      return buckets.size;
    },
  };
}
