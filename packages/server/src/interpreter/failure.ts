import { channels, errorTable, PiopiyError } from "../base/index.ts";

/** Code and message of a failure. What was not raised on purpose may quote anything: its own words stay off the timeline. */
export function describe(failure: unknown): { readonly code: string; readonly message: string } {
  if (failure instanceof PiopiyError) return { code: failure.code, message: failure.message };
  channels.failure.publish({ layer: "interpreter", failure });
  return { code: "internal", message: errorTable.internal.says };
}
