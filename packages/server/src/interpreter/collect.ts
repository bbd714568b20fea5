/** What counts as input. */
export interface CollectRules {
  readonly max_digit: number;
  readonly min_digit: number;
  /** Seconds for the first key, and between keys. */
  readonly timeout: number;
  /** One key, or empty for none. */
  readonly finish_on_key: string;
}

/**
 * Collecting digits once:
 *
 *     prompting --digit--> waiting --max_digit | finish_on_key | timeout--> done
 *         \---prompt over---^   \--digit--^
 */
export type CollectState =
  /** The prompt plays and no key was pressed. */
  | { readonly name: "prompting" }
  /** A timer runs. */
  | { readonly name: "waiting"; readonly digits: string }
  | { readonly name: "done"; readonly digits: string; readonly by: CollectedBy };

export type CollectedBy = "max_digit" | "finish_on_key" | "timeout";

export type CollectEvent =
  | { readonly name: "digit"; readonly digit: string }
  | { readonly name: "prompt_over" }
  | { readonly name: "timeout" };

/** `restart_timer` cancels a running one; being done cancels it too. */
export type CollectEffect = "stop_prompt" | "restart_timer";

export const collectStart = (prompted: boolean): CollectState =>
  prompted ? { name: "prompting" } : { name: "waiting", digits: "" };

export function collectStep(
  rules: CollectRules, state: CollectState, event: CollectEvent,
): readonly [CollectState, ...CollectEffect[]] {
  if (state.name === "done") return [state];
  if (state.name === "waiting") {
    if (event.name === "digit") return press(rules, state.digits, event.digit);
    // The prompt's end is told after a digit has stopped it, too: the digit's timer goes on.
    return event.name === "timeout" ? [{ name: "done", digits: state.digits, by: "timeout" }] : [state];
  }
  if (event.name === "digit") {
    const [next, ...effects] = press(rules, "", event.digit);
    return [next, "stop_prompt", ...effects];
  }
  return event.name === "prompt_over" ? [{ name: "waiting", digits: "" }, "restart_timer"] : [state];
}

function press(rules: CollectRules, before: string, digit: string): readonly [CollectState, ...CollectEffect[]] {
  if (digit === rules.finish_on_key) return [{ name: "done", digits: before, by: "finish_on_key" }];
  const digits = before + digit;
  if (digits.length >= rules.max_digit) return [{ name: "done", digits, by: "max_digit" }];
  return [{ name: "waiting", digits }, "restart_timer"];
}

/** Whether what was pressed is input: `min_digit` is at least 1. */
export const isInput = (rules: CollectRules, digits: string): boolean => digits.length >= rules.min_digit;
