import { messageOf } from "../base/index.ts";
import type { Leg } from "../call/index.ts";
import type { Stage } from "./verb.ts";

/**
 * While two parties talk, each gets the keys the other presses: a menu behind the second number works. A key is passed
 * on when it was released (RFC 4733 events end at one leg and begin anew at the other). A leg that cannot take keys is
 * a warning, and the talk goes on.
 */
export function passKeys(from: Leg, to: Leg, { note }: Pick<Stage, "note">, signal: AbortSignal): () => void {
  let before = Promise.resolve();
  let refused = false;
  return from.digits.on("digit", (digit) => {
    before = before.then(async () => {
      if (signal.aborted) return;
      try {
        await to.control.sendDigits(digit, signal);
      } catch (failure) {
        if (!refused && !signal.aborted) note("warning", { warning: "keys_not_passed", message: messageOf(failure) }, to.id);
        refused = true;
      }
    });
  });
}
