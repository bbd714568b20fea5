import type { Action, Issue } from "@piopiy/pcmo";

/** What of a flow this server does not perform: one issue each, its pointer into the flow. Empty: all of it. */
export function unsupportedActions(_flow: readonly Action[]): readonly Issue[] {
  return [];
}
