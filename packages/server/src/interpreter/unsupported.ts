import type { Action, Issue } from "@piopiy/pcmo";

/** What of a flow this server does not perform: one issue each, its pointer into the flow. Empty: all of it. */
export function unsupportedActions(flow: readonly Action[]): readonly Issue[] {
  return flow.flatMap((action, index) => {
    const at = `/${index}`;
    if (action.action === "stream") {
      return [{ path: `${at}/action`, message: "This server does not perform stream; use play, speak, input, record or bridge." }];
    }
    return [];
  });
}
