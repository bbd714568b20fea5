import { scope, type Clock } from "../base/index.ts";
import type { SimLeg } from "./sim-leg.ts";

/** What a simulated party does, and when. */
export type CallerStep = CallerMoment & CallerDeed;

type CallerMoment =
  /** So long after the leg came to be. */
  | { readonly atMs: number }
  /** When the n-th prompt (speech or file, 1 is the first) is over, and `delayMs` later. */
  | { readonly afterPrompt: number; readonly delayMs?: number };

type CallerDeed =
  /** Keys, 200 ms apart. */
  | { readonly press: string }
  /** Says something for so many ms. */
  | { readonly talk: number }
  | { readonly hangup: true };

/** Steps in any order: each waits for its own moment. */
export type CallerScript = readonly CallerStep[];

const KEY_GAP_MS = 200;

/** Lets the party of `leg` do what the script says. Ends with the leg. */
export function followScript(script: CallerScript, leg: SimLeg, clock: Clock): void {
  for (const step of script) {
    if ("atMs" in step) {
      later(clock, leg, step.atMs, () => act(step, leg, clock));
      continue;
    }
    const stop = leg.prompts.on("played", (count) => {
      if (count !== step.afterPrompt) return;
      stop();
      later(clock, leg, step.delayMs ?? 0, () => act(step, leg, clock));
    });
  }
}

function act(step: CallerStep, leg: SimLeg, clock: Clock): void {
  if ("hangup" in step) {
    leg.peerHangup();
    return;
  }
  if ("talk" in step) {
    leg.talk(step.talk);
    return;
  }
  Array.from(step.press).forEach((key, index) => later(clock, leg, index * KEY_GAP_MS, () => leg.press(key)));
}

/** Acts after `delayMs` unless the leg ends before. */
function later(clock: Clock, leg: SimLeg, delayMs: number, fire: () => void): void {
  const waiting = scope(leg.signal);
  const timer = clock.setTimer(delayMs, () => {
    waiting.close();
    fire();
  });
  waiting.onClose(() => timer.cancel());
}
