import type { Timer } from "../../base/index.ts";
import { type Core, serverHeader } from "../core.ts";
import { header, headerValues, type SipRequest } from "../message/message.ts";
import { respondTo } from "../message/respond.ts";
import type { ServerTransaction } from "../transaction/transactions.ts";
import { type ReliableEvent, type ReliableState, stepReliable } from "./reliable.ts";

/** Whether the caller wants provisional responses acknowledged (RFC 3262 §3). */
export const requires100rel = (request: SipRequest): boolean =>
  headerValues(request, "Require").some((option) => option.toLowerCase() === "100rel");

export interface ReliableTransaction extends ServerTransaction {
  /** Whether a PRACK is waited for: an answer is held back until it comes. */
  waits(): boolean;
}

/**
 * The transaction of an INVITE whose provisional responses are sent until the PRACK comes. `key` is that of the dialog
 * the PRACKs come in; `failed` is called when none comes.
 */
export function reliably(core: Core, transaction: ServerTransaction, key: string, failed: () => void): ReliableTransaction {
  const { envelope } = transaction.received;
  const timers = new Map<string, Timer>();
  // RFC 3262 §3: "The value … MUST be chosen uniformly between 1 and 2**31 - 1".
  let state: ReliableState = { name: "idle", rseq: core.ids.integer(2 ** 31 - 1) };
  const stop = () => {
    for (const timer of timers.values()) timer.cancel();
    timers.clear();
  };
  /** `accept` is called when the event is the PRACK that was waited for, before what follows it is said. */
  const dispatch = (event: ReliableEvent, accept: () => void = () => undefined): void => {
    const [next, ...effects] = stepReliable(state, event, core.timers);
    state = next;
    for (const effect of effects) {
      if (effect.do === "send") transaction.respond(effect.response);
      else if (effect.do === "stop") stop();
      else if (effect.do === "accept PRACK") accept();
      else if (effect.do === "fail") failed();
      else {
        const { timer, delayMs } = effect;
        timers.get(timer)?.cancel();
        timers.set(timer, core.clock.setTimer(delayMs, () => dispatch({ event: timer })));
      }
    }
    if (state.name !== "over") return;
    core.pracks.delete(key);
    core.waiting.delete(transaction);
  };
  core.pracks.set(key, (prack) => {
    const [rseq, cseq, method] = (header(prack.received.message, "RAck") ?? "").trim().split(/\s+/);
    const ours = Number(cseq) === envelope.cseq.number && method === "INVITE";
    let answered = false;
    const answer = (status: number) => {
      if (!answered) prack.respond(respondTo(prack.received.message, status, { headers: serverHeader(core) }));
      answered = true;
    };
    // Deviation: §5 lets a PRACK offer something; nothing is negotiated anew here before the answer.
    if (ours) dispatch({ event: "prack", rseq: Number(rseq) }, () => answer(prack.received.message.body.length > 0 ? 488 : 200));
    // §3: one that matches nothing "MUST be responded to with a 481".
    answer(481);
  });
  return {
    received: transaction.received,
    respond: (response) => dispatch({ event: "respond", response }),
    forget() {
      stop();
      transaction.forget();
    },
    waits: () => state.name === "waiting",
  };
}
