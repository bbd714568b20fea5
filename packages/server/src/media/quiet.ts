const TELL_EVERY_MS = 1000;

/** Watches that something comes from the peer, and tells at each full second when it does not. */
export interface QuietWatch {
  /** Media starts or changes: nothing could have come before. */
  begin(nowMs: number): void;
  /** `expecting`: the peer is supposed to send; while it is not, quiet is no news. */
  elapse(nowMs: number, heardMs: number | undefined, expecting: boolean): void;
}

export const createQuietWatch = (tell: (quietMs: number) => void): QuietWatch => new Watch(tell);

/** A class and no functions around variables: each session has one, and it is asked in every turn. */
class Watch implements QuietWatch {
  readonly #tell: (quietMs: number) => void;
  #sinceMs = 0;
  #told = 0;

  constructor(tell: (quietMs: number) => void) {
    this.#tell = tell;
  }

  begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#told = 0;
  }

  elapse(nowMs: number, heardMs: number | undefined, expecting: boolean): void {
    if (!expecting || (heardMs !== undefined && heardMs > this.#sinceMs)) {
      this.#sinceMs = expecting ? (heardMs ?? nowMs) : nowMs;
      this.#told = 0;
    }
    const seconds = Math.floor((nowMs - this.#sinceMs) / TELL_EVERY_MS);
    if (seconds <= this.#told) return;
    this.#told = seconds;
    this.#tell(seconds * TELL_EVERY_MS);
  }
}
