import { postDigits } from "./callback.ts";
import { collectOnce, type Prompt } from "./collect-once.ts";
import { isInput } from "./collect.ts";
import { typedDigits } from "./typed-digits.ts";
import type { ActionOf, Stage, VerbResult } from "./verb.ts";

/** How often, and after which prompt, digits are asked for. */
export interface Asking {
  readonly prompt?: Prompt;
  /** 1 is one prompt. */
  readonly attempts: number;
}

/**
 * Collects digits and posts them to `action_url`. Keys count from the start of the action on: typed during the prompt
 * (the first one ends it), while the prompt is still being fetched, or between two attempts. What was typed during
 * earlier actions does not count: it answered no question.
 *
 * Without input after all attempts the flow goes on, without a callback unless `on_no_input` is `post`.
 */
export async function gather(
  action: ActionOf<"input" | "play_get_input">, { prompt, attempts }: Asking, stage: Stage,
): Promise<VerbResult> {
  const { leg, line, note, ports, signal } = stage;
  await line.open();
  using typed = typedDigits(leg);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const { digits, by } = await collectOnce(action, typed, prompt, ports.clock, signal);
    if (typed.dropped > 0) note("warning", { warning: "digits_dropped", dropped: typed.dropped });
    if (isInput(action, digits)) {
      note("digits.collected", { digits, by, attempt });
      const replaceWith = await postDigits(action.action_url, digits, stage);
      return { outcome: { input: true, attempts: attempt }, ...(replaceWith && { replaceWith }) };
    }
    note("digits.missing", { digits, by, attempt, wanted: action.min_digit });
  }
  const replaceWith = action.on_no_input === "post" ? await postDigits(action.action_url, "", stage) : undefined;
  return { outcome: { input: false, attempts }, ...(replaceWith && { replaceWith }) };
}
