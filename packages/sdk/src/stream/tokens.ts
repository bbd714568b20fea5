/** The tokens with which servers come back to their sessions. */
export interface Tokens<T> {
  /** `token` stands for `holder` until that is over. */
  offer(token: string, holder: T, over: Promise<unknown>): void;
  find(token: string): T | undefined;
  /** Whoever comes back to `holder` is turned away: it has failed, and would fail again. */
  refuse(holder: T): void;
  isRefused(token: string | undefined): boolean;
}

/** So many of the latest are remembered as refused. */
const mostRefused = 1000;

export function createTokens<T>(): Tokens<T> {
  const holders = new Map<string, T>();
  const refused = new Set<string>();
  return {
    offer(token, holder, over) {
      holders.set(token, holder);
      over.then(() => holders.delete(token), () => undefined);
    },
    find: (token) => holders.get(token),
    refuse(holder) {
      for (const [token, held] of holders) if (held === holder) refused.add(token);
      for (const token of refused) {
        if (refused.size <= mostRefused) break;
        refused.delete(token);
      }
    },
    isRefused: (token) => token !== undefined && refused.has(token),
  };
}
