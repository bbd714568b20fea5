import type { SipRequest, SipResponse } from "../message/message.ts";
import { respondTo } from "../message/respond.ts";
import { fail, type Machine, pass, send, start, type Step, stop, TERMINATED } from "./machine.ts";
import type { TransactionConfig } from "./timers.ts";

/*
 * RFC 3261 Figure 7 with the Accepted state of RFC 6026 Figure 8:
 *
 *   proceeding ──300-699──▶ completed ──ACK──▶ confirmed ──I──▶ terminated
 *       └────────2xx──▶ accepted ──L──▶ terminated
 */
export type InviteServerState =
  | { readonly name: "proceeding"; readonly provisional: SipResponse }
  | { readonly name: "completed"; readonly response: SipResponse; readonly intervalMs: number }
  | { readonly name: "confirmed" }
  | { readonly name: "accepted" }
  | typeof TERMINATED;

type State = InviteServerState;

export function inviteServer(invite: SipRequest, { timers, reliable }: TransactionConfig): Machine<State> {
  const onRespond = (state: State, response: SipResponse): Step<State> => {
    // RFC 6026 §8.7: the TU's retransmissions of its 2xx pass through Accepted.
    if (state.name === "accepted") return response.status < 300 ? [state, send(response)] : [state];
    if (state.name !== "proceeding") return [state];
    if (response.status < 200) return [{ name: "proceeding", provisional: response }, send(response)];
    if (response.status < 300) return [{ name: "accepted" }, send(response), start("L", 64 * timers.t1)];
    return [
      { name: "completed", response, intervalMs: timers.t1 },
      send(response),
      ...(reliable ? [] : [start("G", timers.t1)]),
      start("H", 64 * timers.t1),
    ];
  };
  const onRequest = (state: State): Step<State> => {
    // RFC 3261 §17.2.1: a retransmitted INVITE is answered with what was said last; in Accepted it is absorbed.
    if (state.name === "proceeding") return [state, send(state.provisional)];
    return state.name === "completed" ? [state, send(state.response)] : [state];
  };
  const onAck = (state: State, ack: SipRequest): Step<State> => {
    if (state.name === "accepted") return [state, pass(ack)];
    if (state.name !== "completed") return [state];
    if (reliable) return [TERMINATED, stop("H")];
    return [{ name: "confirmed" }, stop("G"), stop("H"), start("I", timers.t4)];
  };
  return {
    kind: "INVITE server",
    start: () => {
      // RFC 3261 §17.2.1: a 100 unless the TU answers within 200 ms; sent at once, it ends the retransmissions.
      const trying = respondTo(invite, 100);
      return [{ name: "proceeding", provisional: trying }, send(trying)];
    },
    step(state, event) {
      if (event.event === "respond") return onRespond(state, event.response);
      if (event.event === "request") return onRequest(state);
      if (event.event === "ack") return onAck(state, event.request);
      if (event.event === "transport error") {
        // RFC 6026 §7.1: in Proceeding and Accepted the TU is told, and the transaction stays.
        if (state.name === "completed") return [TERMINATED, fail("transport")];
        return state.name === "proceeding" || state.name === "accepted" ? [state, fail("transport")] : [state];
      }
      if (event.event !== "timer") return [state];
      if (event.timer === "G" && state.name === "completed") {
        const intervalMs = Math.min(state.intervalMs * 2, timers.t2);
        return [{ ...state, intervalMs }, send(state.response), start("G", intervalMs)];
      }
      // "If timer H fires while in the "Completed" state, it implies that the ACK was never received."
      if (event.timer === "H" && state.name === "completed") return [TERMINATED, fail("timeout")];
      if (event.timer === "I" && state.name === "confirmed") return [TERMINATED];
      if (event.timer === "L" && state.name === "accepted") return [TERMINATED];
      return [state];
    },
  };
}
