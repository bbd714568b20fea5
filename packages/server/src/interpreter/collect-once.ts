import { scope, type Clock, type Timer } from "../base/index.ts";
import { collectStart, collectStep, type CollectEffect, type CollectEvent, type CollectRules, type CollectState } from "./collect.ts";
import type { TypedDigits } from "./typed-digits.ts";

export type Collected = Extract<CollectState, { readonly name: "done" }>;

/** Plays the prompt until it is over or `signal` aborts; never rejects. */
export type Prompt = (signal: AbortSignal) => Promise<void>;

/**
 * Drives `collectStep` from its start to its end: plays the prompt, hands over keys, runs the timer.
 * Rejects with the signal's reason when `signal` aborts.
 */
export async function collectOnce(
  rules: CollectRules, typed: TypedDigits, prompt: Prompt | undefined, clock: Clock, signal: AbortSignal,
): Promise<Collected> {
  using attempt = scope(signal);
  using prompting = scope(attempt.signal);
  let timer: Timer | undefined;
  let state = collectStart(prompt !== undefined);
  let playing: Promise<void> | undefined;
  const execute = (effect: CollectEffect) => {
    if (effect === "stop_prompt") return prompting.close();
    timer?.cancel();
    timer = clock.setTimer(rules.timeout * 1000, () => tell({ name: "timeout" }));
  };
  const tell = (event: CollectEvent) => {
    if (attempt.signal.aborted) return;
    const [next, ...effects] = collectStep(rules, state, event);
    state = next;
    effects.forEach(execute);
    if (state.name === "done") attempt.close(state);
  };
  const drain = () => {
    while (state.name !== "done") {
      const digit = typed.take();
      if (digit === undefined) return;
      tell({ name: "digit", digit });
    }
  };
  const stopListening = typed.onPress(drain);
  const over = new Promise<void>((resolve) => attempt.onClose(resolve));
  if (prompt) playing = prompt(prompting.signal).then(() => tell({ name: "prompt_over" }));
  else execute("restart_timer");
  drain();
  await over;
  stopListening();
  timer?.cancel();
  await playing;
  if (state.name !== "done") throw signal.reason;
  return state;
}
