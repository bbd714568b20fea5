import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock, Ids } from "../../base/index.ts";

/** Nonces that prove by themselves who made them and when, so that handing them out costs no memory. */
export interface Nonces {
  issue(): string;
  /** Whether the nonce is ours and has not run out, and this count was not used before; uses it up. */
  use(nonce: string, count: number): boolean;
}

/** Nonces in use at a time; the oldest are declared stale when more come. */
const MAX_IN_USE = 10_000;

export function createNonces(clock: Clock, ids: Ids, lifetimeMs: number): Nonces {
  const secret = ids.token(43);
  const lastCounts = new Map<string, number>();
  /** Nonces that run out by then and are not in the map were forgotten: their counts are not known any more. */
  let forgottenUntil = 0;
  const sign = (text: string) => createHmac("sha256", secret).update(text).digest("hex").slice(0, 32);

  const forget = (nonce: string) => {
    lastCounts.delete(nonce);
    forgottenUntil = Math.max(forgottenUntil, expiryOf(nonce));
  };
  const makeRoom = () => {
    const now = clock.now();
    for (const nonce of lastCounts.keys()) if (expiryOf(nonce) <= now) lastCounts.delete(nonce);
    const [oldest] = lastCounts.keys();
    if (lastCounts.size >= MAX_IN_USE && oldest !== undefined) forget(oldest);
  };
  return {
    issue() {
      const text = `${(clock.now() + lifetimeMs).toString(36)}.${ids.token(12)}`;
      return `${text}.${sign(text)}`;
    },
    use(nonce, count) {
      const dot = nonce.lastIndexOf(".");
      const expiry = expiryOf(nonce);
      if (dot < 0 || !equal(nonce.slice(dot + 1), sign(nonce.slice(0, dot))) || expiry <= clock.now()) return false;
      const last = lastCounts.get(nonce);
      if (last === undefined && expiry <= forgottenUntil) return false;
      if (count <= (last ?? 0)) return false;
      if (last === undefined && lastCounts.size >= MAX_IN_USE) makeRoom();
      lastCounts.set(nonce, count);
      return true;
    },
  };
}

const expiryOf = (nonce: string): number => Number.parseInt(nonce.slice(0, nonce.indexOf(".")), 36) || 0;

/** Whether two texts are equal, in a time that does not tell where they differ. */
export function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
