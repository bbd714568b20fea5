import { describe } from "../failure.ts";
import { gather } from "../gather.ts";
import { playOut } from "../play-out.ts";
import type { Verb } from "../verb.ts";

/**
 * Plays a prompt and collects digits, `max_retry` times in all (0 counts as 1). A prompt that cannot be played is an
 * entry on the timeline, and the digits are waited for all the same: a caller may know the question.
 */
export const playGetInput: Verb<"play_get_input"> = (action, stage) => {
  const { note, ports } = stage;
  const prompt = async (signal: AbortSignal) => {
    try {
      note("prompt.played", (await playOut((end) => ports.audio.file(action.file, end), stage, signal)).outcome);
    } catch (failure) {
      if (signal.aborted) note("prompt.played", { complete: false, heardMs: 0 });
      else note("prompt.failed", { ...describe(failure), next: "wait_for_digits" });
    }
  };
  return gather(action, { prompt, attempts: Math.max(1, action.max_retry) }, stage);
};
