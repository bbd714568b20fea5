import { scope, sleep, type Clock } from "../base/index.ts";

const PATIENCE_MS = 2_000;

/**
 * Waits for a farewell (a BYE, an unregistration) to be answered, but not long: a peer that is gone would take the 32 s
 * of RFC 3261 §17.1.2.2, and its transaction goes on by itself.
 */
export async function patiently(clock: Clock, farewell: Promise<void>): Promise<void> {
  using patience = scope();
  await Promise.race([farewell, sleep(clock, PATIENCE_MS, patience.signal)]);
}
