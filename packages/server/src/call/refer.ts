import { aborted, text } from "../base/index.ts";
import { formatReplaces, header, parseSipUri, formatSipUri, type DialogId, type IncomingRequest } from "../sip/index.ts";
import { inBackground, stateOf, type LegState } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import { eventOf, refuseMethod } from "./refuse.ts";

/**
 * Asks the party of a leg to call somebody else in place of us (RFC 3515), and resolves with the status that came of it: a
 * refusal of the REFER, or what the party tells of its call. Whoever has done so usually hangs up after a 2xx. 487: the call was over
 * before anything was told.
 */
export async function refer(leg: Leg, to: string, referredBy?: string): Promise<number> {
  const state = stateOf(leg);
  const { dialog } = state;
  if (!dialog || state.life.signal.aborted) return 481;
  const told = lastWord(state);
  const by = referredBy === undefined ? [] : [["Referred-By", `<${referredBy}>`] as const];
  const response = await dialog.request("REFER", { headers: [["Refer-To", `<${to}>`], ...by] });
  if (response.status >= 300) {
    delete state.notified;
    return response.status;
  }
  return await told;
}

/** The URI that has whoever calls it take the place of our call with `leg`'s party: for a transfer after a consultation. */
export function replacing(leg: Leg, uri: string): string {
  const id: DialogId | undefined = stateOf(leg).dialog;
  const parsed = parseSipUri(uri);
  if (!id || !parsed) return uri;
  return formatSipUri({ ...parsed, headers: `Replaces=${encodeURIComponent(formatReplaces(id))}` });
}

function lastWord(state: LegState): Promise<number> {
  return new Promise((resolve) => {
    let last = 487;
    state.notified = (notify) => {
      const status = Number(/^SIP\/2\.0 ([1-6]\d\d)/.exec(text(notify.body))?.[1] ?? 0);
      if (status > 0) last = status;
      const over = /^\s*terminated\b/i.test(header(notify, "Subscription-State") ?? "");
      if (!over) return true;
      delete state.notified;
      resolve(last);
      return true;
    };
    // Told or not, a call that is over has nothing more to tell.
    inBackground(aborted(state.life.signal).then(() => resolve(last)));
  });
}

/** RFC 6665 §4.1.3: what the party tells of a transfer that it was asked for. */
export function takeNotify(state: LegState, incoming: IncomingRequest): void {
  if (eventOf(incoming.request) !== "refer" || !state.notified?.(incoming.request)) return refuseMethod(incoming);
  incoming.respond(200);
}
