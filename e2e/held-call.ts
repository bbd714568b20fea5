import { expect } from "vitest";
import type { Baresip } from "./baresip.ts";
import { stretchesOf, type Recorded } from "./records.ts";
import { tones } from "./test-server.ts";

/** Has the phone call a number and hold the call for two of its six seconds. */
export async function callAndHold(phone: Baresip, number: string): Promise<void> {
  phone.call(number);
  await phone.inCall();
  await phone.lasted(2);
  phone.hold();
  await phone.lasted(4);
  phone.resume();
  await phone.lasted(6);
  await phone.hangUp();
}

/** Less than this is no hold: somebody's machine was busy for a moment. */
const MOMENT_MS = 500;

/** Both sides were heard, silent for more than a second, and heard again for more than a second. */
export function expectHeld({ said, heard }: Recorded): void {
  for (const [samples, tone] of [[said, tones.phone], [heard, tones.played]] as const) {
    const stretches = stretchesOf(samples, tone, MOMENT_MS);
    const [before, after] = stretches;
    if (!before || !after) throw new Error(`the tone of ${tone} Hz was heard ${stretches.length} times, not before and after the hold`);
    expect(stretches).toHaveLength(2);
    expect(after.fromMs - before.toMs).toBeGreaterThan(1000);
    expect(after.toMs - after.fromMs).toBeGreaterThan(1000);
  }
}
