/** One thing the demo claims, and whether it was seen. */
export interface Proof {
  readonly claim: string;
  readonly ok: boolean;
  readonly seen: string;
}

export const proof = (claim: string, ok: boolean, seen: string): Proof => ({ claim, ok, seen });

/** Proves that exactly the expected tone, alone, was heard for at least `atLeastMs`. */
export function heardTone(
  claim: string,
  spans: readonly { readonly frequencyHz: number; readonly fromMs: number; readonly toMs: number }[],
  frequencyHz: number,
  atLeastMs: number,
): Proof {
  const ms = spans.filter((span) => span.frequencyHz === frequencyHz).reduce((sum, span) => sum + span.toMs - span.fromMs, 0);
  return proof(claim, ms >= atLeastMs, `${frequencyHz} Hz for ${(ms / 1000).toFixed(2)} s`);
}

/** The table a person reads at the end. */
export function table(proofs: readonly Proof[]): string {
  const width = Math.max(...proofs.map(({ claim }) => claim.length));
  return proofs.map(({ claim, ok, seen }) => `  ${ok ? "proved    " : "NOT PROVED"}  ${claim.padEnd(width)}  ${seen}`).join("\n");
}
