import { scope } from "../base/index.ts";
import type { Leg } from "./leg.ts";

/** Lets two parties talk until `signal` aborts or one of them is gone; resolves then. The legs themselves stay up. */
export async function bridgeLegs(a: Leg, b: Leg, signal: AbortSignal): Promise<void> {
  using together = scope(signal);
  const part = () => together.close();
  const legs = [a.signal, b.signal];
  if (legs.some((leg) => leg.aborted)) return;
  for (const leg of legs) leg.addEventListener("abort", part, { once: true });
  const unjoin = a.join(b);
  await new Promise<void>((resolve) => together.onClose(resolve));
  unjoin();
  for (const leg of legs) leg.removeEventListener("abort", part);
}
