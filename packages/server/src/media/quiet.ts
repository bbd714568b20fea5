const TELL_EVERY_MS = 1000;

/** Watches that something comes from the peer, and tells at each full second when it does not. */
export interface QuietWatch {
  /** Media starts or changes: nothing could have come before. */
  begin(nowMs: number): void;
  /** `expecting`: the peer is supposed to send; while it is not, quiet is no news. */
  elapse(nowMs: number, heardMs: number | undefined, expecting: boolean): void;
}

export function createQuietWatch(tell: (quietMs: number) => void): QuietWatch {
  let sinceMs = 0;
  let told = 0;
  return {
    begin(nowMs) {
      sinceMs = nowMs;
      told = 0;
    },
    elapse(nowMs, heardMs, expecting) {
      if (!expecting || (heardMs !== undefined && heardMs > sinceMs)) {
        sinceMs = expecting ? (heardMs ?? nowMs) : nowMs;
        told = 0;
      }
      const seconds = Math.floor((nowMs - sinceMs) / TELL_EVERY_MS);
      if (seconds <= told) return;
      told = seconds;
      tell(seconds * TELL_EVERY_MS);
    },
  };
}
