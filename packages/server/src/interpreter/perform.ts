import type { Action } from "@piopiy/pcmo";
import { describe } from "./failure.ts";
import type { ActionName, ActionOf, Stage, Verb, VerbResult } from "./verb.ts";
import { bridge } from "./verbs/bridge.ts";
import { hangup } from "./verbs/hangup.ts";
import { input } from "./verbs/input.ts";
import { param } from "./verbs/param.ts";
import { play } from "./verbs/play.ts";
import { playGetInput } from "./verbs/play-get-input.ts";
import { record } from "./verbs/record.ts";
import { speak } from "./verbs/speak.ts";
import { stream } from "./verbs/stream.ts";

type Verbs = { readonly [K in ActionName]: Verb<K> };

const verbs = {
  play, speak, play_get_input: playGetInput, input, param, record, hangup, bridge, connect: bridge, stream,
} satisfies Verbs;

/** Performs one action between its `action.started` and its `action.finished` or `action.failed`. Never rejects. */
export async function perform(action: Action, stage: Stage, more: boolean): Promise<VerbResult> {
  const { note, signal } = stage;
  const name = action.action;
  note("action.started", { action: name });
  try {
    const result = await verbOf(name)(action, stage);
    note("action.finished", { action: name, ...result.outcome });
    return result;
  } catch (failure) {
    if (signal.aborted) note("action.finished", { action: name, interrupted: true });
    else note("action.failed", { action: name, ...describe(failure), next: more ? "next_action" : "flow_ends" });
    return {};
  }
}

function verbOf<K extends ActionName>(name: K): (action: ActionOf<K>, stage: Stage) => Promise<VerbResult> {
  const table: Verbs = verbs;
  return table[name];
}
