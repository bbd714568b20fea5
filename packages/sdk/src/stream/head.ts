import type { Clock } from "../base/clock.ts";

/** Where playing has got to, worked out by the clock: what is sent is heard at once, one piece after the other. */
export interface Head {
  /** So much more of it is sent now. */
  sent(ms: number): void;
  readonly sentMs: number;
  /** How much of what was sent has been heard. */
  readonly heardMs: number;
  /** How much of it is still to be heard. */
  readonly leftMs: number;
  /** For how long there was nothing to play between two pieces. */
  readonly underrunMs: number;
}

/** `latencyMs`: from sending to hearing. */
export function createHead(clock: Clock, latencyMs = 0): Head {
  let sentMs = 0;
  let underrunMs = 0;
  let endsAt: number | undefined;
  const left = () => (endsAt === undefined ? 0 : Math.max(0, endsAt - clock.monotonicMs()));
  return {
    sent(ms) {
      const now = clock.monotonicMs();
      if (endsAt !== undefined && now > endsAt) underrunMs += now - endsAt;
      endsAt = endsAt === undefined ? now + latencyMs + ms : Math.max(endsAt, now) + ms;
      sentMs += ms;
    },
    get sentMs() {
      return Math.round(sentMs);
    },
    get heardMs() {
      return Math.round(Math.max(0, sentMs - left()));
    },
    get leftMs() {
      return left();
    },
    get underrunMs() {
      return Math.round(underrunMs);
    },
  };
}
