import { header, passReplaces, type Dialog, type IncomingRequest } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import type { Cause } from "./cause.ts";
import type { DialOutcome, DialRequest } from "./dialler.ts";
import { endState, inBackground, legStateOf, stateOfDialog, type LegState } from "./leg-state.ts";
import type { Leg } from "./leg.ts";
import { linkParties } from "./link.ts";
import { patiently } from "./patience.ts";
import { referNotice, type ReferNotice } from "./refer-notice.ts";
import { referOf, type Refer } from "./refer-request.ts";
import { reasonHeader, statusOfCause } from "./sip-cause.ts";
import type { Transfers } from "./transfer-rules.ts";

/** From now on the party of this leg may be replaced, as far as `transfers` lets it. */
export function serveTransfers(leg: Leg, transfers: Transfers): void {
  const state = legStateOf(leg);
  // Legs without SIP have parties that never ask.
  if (state) state.transfers = transfers;
}

/** Whether `peer` may have anybody replaced. */
export const mayReplace = (policy: LegState["refer"] = "phones", peer: CallSource | undefined): boolean =>
  policy === "all" ? peer !== undefined : policy === "phones" && peer?.type === "phone";

/** A REFER of the party (RFC 3515 §2.4.2). */
export function takeRefer(state: LegState, dialog: Dialog, incoming: IncomingRequest): void {
  const { transfers, peer, leg } = state;
  if (!transfers || !leg || !mayReplace(state.refer, peer)) return incoming.respond(603);
  // RFC 3261 §21.4.27: one at a time.
  if (state.transferring) return incoming.respond(491);
  const refer = referOf(incoming.request);
  if (typeof refer === "number") return incoming.respond(refer);
  const own = refer.replaces && stateOfDialog(dialog.sibling(refer.replaces));
  // Only the phone's own calls are its to give away.
  if (own && (own === state || !isSame(own.peer, peer) || own.transferring)) return incoming.respond(403);
  const { direction, from, to } = leg.info;
  const wanted = { target: refer.target, from: direction === "outbound" ? from : to, attended: own !== undefined };
  const dial = transfers.refer(wanted);
  if (typeof dial === "number") return incoming.respond(dial);
  const first = state.refers === 0;
  state.refers += 1;
  // RFC 4488 §4: who wants no NOTIFYs is told that there will be none.
  incoming.respond(202, refer.silent ? { headers: [["Refer-Sub", "false"]] } : {});
  const notice = refer.silent ? undefined : referNotice(dialog, incoming.request, first);
  notice?.tell(100);
  state.transferring = true;
  const place = own ? async () => link(leg, state, own) : () => dial({ inPlaceOf: leg, headers: headersFor(refer, incoming), onRinging: () => notice?.tell(180) });
  inBackground(transfer(state, dialog, place, notice, (cause) => {
    transfers.finished(wanted, cause);
    // The other call tells of it as well.
    if (!cause) own?.transfers?.finished(wanted, cause);
  }));
}

/** RFC 3892 §4: the target learns who has sent the call. */
function headersFor({ referredBy, replaces, target }: Refer, { request }: IncomingRequest): NonNullable<DialRequest["headers"]> {
  const by = referredBy ?? (header(request, "From") ?? "").replace(/;.*$/, "");
  // A dialog of a phone of ours is with us: one that is not known here is over, or not answered yet, and known to nobody else.
  const consulted = replaces && target.type === "uri" ? [["Replaces", passReplaces(replaces)] as const, ["Require", "replaces"] as const] : [];
  return [["Referred-By", by], ...consulted];
}

/** Sees a transfer through; the party that asked for it is told how it went, and is hung up when it has gone well. */
async function transfer(
  state: LegState, dialog: Dialog, place: () => Promise<DialOutcome>, notice: ReferNotice | undefined, finished: (cause: Cause | undefined) => void,
): Promise<void> {
  const outcome = await place().catch((): DialOutcome => ({ answered: false, cause: { reason: "failed", who: "us" } }));
  state.transferring = false;
  const cause = outcome.answered ? undefined : outcome.cause;
  finished(cause);
  // Whoever asked for it did not wait, and nobody else came: the leg is nobody's.
  if (cause && state.gone) endState(state, state.gone);
  const told = notice?.end(cause ? statusOfCause(cause) : 200) ?? Promise.resolve();
  await patiently(state.clock, told);
  if (!cause) await dialog.bye(TRANSFERRED);
}

const TRANSFERRED = [["Reason", reasonHeader({ reason: "completed", who: "us" })]] as const;

const isSame = (one: CallSource | undefined, other: CallSource | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The places of one party in two calls become each other's: whoever is behind the one talks with whoever is behind the other. */
function link(leg: Leg, state: LegState, other: LegState): DialOutcome {
  const left = linkParties(state, other);
  if (!left) return { answered: false, cause: { reason: "failed", who: "us", sipStatus: 488 } };
  inBackground(patiently(other.clock, left.bye(TRANSFERRED)));
  return { answered: true, leg };
}
